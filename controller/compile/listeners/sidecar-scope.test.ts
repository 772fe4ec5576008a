import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentOf } from '../../../istio/testing/read-text.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

const SERVICES = [service('a:http:80'), service('b:http:80'), service('c.sea:http:80')];
const CALLER = workload('w');

/** Names of the services that the caller may reach by their hosts, under one Sidecar spec. */
function hostsUnder(spec: object, mesh = {}, services = SERVICES): string[] {
  const world = createWorld(services, [CALLER], documentOf('Sidecar', spec), mesh);
  const { route } = snapshotOf(world, 'w');
  return [...route.values()]
    .filter(({ name }) => !name.startsWith('inbound') && !name.startsWith('Inbound'))
    .flatMap(({ virtualHosts }) => virtualHosts.map(({ name }) => name.replace('.svc.cluster.local', '')));
}

describe('egress hosts of a Sidecar', () => {
  const cases: [title: string, hosts: string[], expected: string[]][] = [
    ['everything', ['*/*'], ['a.default:80', 'b.default:80', 'c.sea:80']],
    ['the own namespace', ['./*'], ['a.default:80', 'b.default:80']],
    ['another namespace', ['sea/*'], ['c.sea:80']],
    ['one service', ['./a.default.svc.cluster.local'], ['a.default:80']],
    ['a wildcard', ['*/*.sea.svc.cluster.local'], ['c.sea:80']],
    ['all but one', ['*/*', '~default/b.default.svc.cluster.local'], ['a.default:80', 'c.sea:80']],
    ['all but a namespace', ['*/*', '~sea/*'], ['a.default:80', 'b.default:80']],
  ];
  for (const [title, hosts, expected] of cases) {
    it(`name ${title}`, () => {
      assert.deepEqual(hostsUnder({ egress: [{ hosts }] }), [...expected, 'allow_any']);
    });
  }

  it('name nothing: no port has a listener', () => {
    assert.deepEqual(hostsUnder({ egress: [{ hosts: ['~/*'] }] }), []);
  });

  it('do not reach what is not exported', () => {
    const services = [service('a:http:80'), service('c.sea:http:80', { exportTo: ['.'] })];
    assert.deepEqual(hostsUnder({ egress: [{ hosts: ['*/*'] }] }, {}, services), [
      'a.default:80',
      'allow_any',
    ]);
    const mesh = { defaultServiceExportTo: ['.'] };
    assert.deepEqual(hostsUnder({ egress: [{ hosts: ['*/*'] }] }, mesh, SERVICES), [
      'a.default:80',
      'b.default:80',
      'allow_any',
    ]);
  });

  it('of a listener with a port hold for that port, the last listener for the others', () => {
    const services = [
      ...SERVICES,
      service('d:http:90', { ports: SERVICES.flatMap(({ ports }) => ports).slice(0, 1) }),
      service('e:http:90'),
    ];
    const egress = [{ port: { number: 80, protocol: 'HTTP' }, hosts: ['sea/*'] }, { hosts: ['./*'] }];
    assert.deepEqual(hostsUnder({ egress }, {}, services), [
      'c.sea:80',
      'allow_any',
      'e.default:90',
      'allow_any',
    ]);
  });

  it('of a listener with bind hold for that address', () => {
    const egress = [{ port: { number: 80, protocol: 'HTTP' }, bind: '10.9.9.9', hosts: ['./*'] }];
    const world = createWorld(SERVICES, [CALLER], documentOf('Sidecar', { egress }));
    const { listener } = snapshotOf(world, 'w');
    assert.deepEqual(listener.get('10.9.9.9_80')?.addresses, ['10.9.9.9']);
    assert.equal(listener.has('0.0.0.0_80'), false);
  });
});

describe('which Sidecar a workload has', () => {
  const sidecar = (name: string, namespace: string, host: string, labels?: object) =>
    documentOf(
      'Sidecar',
      { egress: [{ hosts: [host] }], ...(labels && { workloadSelector: { labels } }) },
      { name, namespace },
    );
  const own = sidecar('own', 'default', './*');
  const selected = sidecar('selected', 'default', '*/a.default.svc.cluster.local', { app: 'w' });
  const root = sidecar('root', 'istio-system', 'sea/*');
  const seen = (config: string[], proxy = CALLER) => {
    const world = createWorld(SERVICES, [proxy], config.join('---\n'));
    const hosts = snapshotOf(world, proxy.name).route.get('80')?.virtualHosts ?? [];
    return hosts.slice(0, -1).map(({ name }) => name.split('.')[0]);
  };

  it('by its labels before that of the namespace before that of the root namespace', () => {
    assert.deepEqual(seen([root, own, selected]), ['a']);
    assert.deepEqual(seen([root, own]), ['a', 'b']);
    assert.deepEqual(seen([root]), ['c']);
    assert.deepEqual(seen([]), ['a', 'b', 'c']);
  });

  it('the oldest of several', () => {
    assert.deepEqual(seen([own, sidecar('b', 'default', 'sea/*')]), ['a', 'b']);
  });

  it('in the root namespace one with labels is for that namespace alone', () => {
    assert.deepEqual(seen([sidecar('root', 'istio-system', 'sea/*', { app: 'w' })]), ['a', 'b', 'c']);
  });
});

describe('unknown hosts', () => {
  const unknown = (spec: object) => {
    const world = createWorld([service('a:http:80')], [CALLER], documentOf('Sidecar', spec));
    const { route, listener } = snapshotOf(world, 'w');
    const last = route.get('80')?.virtualHosts.at(-1)?.routes[0]?.action;
    return [
      last?.kind === 'route' ? last.clusters[0]?.name : last?.kind === 'direct' ? last.status : '',
      listener.get('virtualOutbound')?.tcp?.[0]?.clusters[0]?.name,
    ];
  };

  it('pass by default', () => {
    assert.deepEqual(unknown({ egress: [{ hosts: ['./*'] }] }), ['PassthroughCluster', 'PassthroughCluster']);
  });

  it('are refused by a policy without mode: 502, or a closed connection', () => {
    assert.deepEqual(unknown({ outboundTrafficPolicy: {} }), [502, 'BlackHoleCluster']);
  });

  it('go to the egress proxy where one is named', () => {
    const egressProxy = { host: 'proxy.istio-system.svc.cluster.local', port: { number: 443 }, subset: 'v1' };
    const cluster = 'outbound|443|v1|proxy.istio-system.svc.cluster.local';
    assert.deepEqual(unknown({ outboundTrafficPolicy: { mode: 'ALLOW_ANY', egressProxy } }), [
      cluster,
      cluster,
    ]);
  });
});

describe('destinations of imported rules', () => {
  it('have a cluster and no host', () => {
    const rule = documentOf('VirtualService', {
      hosts: ['a'],
      http: [{ route: [{ destination: { host: 'c.sea.svc.cluster.local' } }] }],
    });
    const sidecar = documentOf('Sidecar', { egress: [{ hosts: ['./a.default.svc.cluster.local'] }] });
    const { cluster, route } = snapshotOf(createWorld(SERVICES, [CALLER], `${rule}---\n${sidecar}`), 'w');
    assert.deepEqual(
      [...cluster.keys()].filter((name) => name.startsWith('outbound')),
      ['outbound|80||a.default.svc.cluster.local', 'outbound|80||c.sea.svc.cluster.local'],
    );
    assert.equal(route.get('80')?.virtualHosts.length, 2);
  });
});

describe('names of services', () => {
  it('lead to the virtual address, or to the containers where the Sidecar does not import the service', () => {
    const sidecar = documentOf('Sidecar', { egress: [{ hosts: ['./a.default.svc.cluster.local'] }] });
    const { name } = snapshotOf(createWorld(SERVICES, [CALLER, workload('a'), workload('b')], sidecar), 'w');
    assert.deepEqual(name.get('a')?.addresses, ['240.240.0.97']);
    assert.deepEqual(name.get('b')?.addresses, ['10.0.0.98']);
  });
});
