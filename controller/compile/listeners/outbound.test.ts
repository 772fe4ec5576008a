import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentOf } from '../../../istio/testing/read-text.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';
import type { Service } from '../world.ts';

function compiled(services: Service[], config = '', mesh = {}) {
  const world = createWorld(services, [workload('w'), workload('a')], config, mesh);
  const { listener, route, cluster } = snapshotOf(world, 'w');
  return {
    cluster,
    listener,
    names: [...listener.values()].filter(({ direction }) => direction === 'outbound').map(({ name }) => name),
    hosts: (name: string) => route.get(name)?.virtualHosts.map((host) => [host.name, ...host.domains]),
  };
}

describe('HTTP of services', () => {
  it('is told by Host, whatever the address', () => {
    const { names, listener, hosts } = compiled([service('a:http:80'), service('b.sea:http:80')]);
    assert.deepEqual(names, ['0.0.0.0_80', 'virtualOutbound']);
    assert.equal(listener.get('0.0.0.0_80')?.protocol, 'http');
    assert.deepEqual(hosts('80'), [
      [
        'a.default.svc.cluster.local:80',
        ...['a.default.svc.cluster.local', 'a', 'a.default', 'a.default.svc'],
        ...['a.default.svc.cluster.local.', '240.240.0.97'],
      ],
      [
        'b.sea.svc.cluster.local:80',
        ...['b.sea.svc.cluster.local', 'b.sea', 'b.sea.svc', 'b.sea.svc.cluster.local.', '240.240.0.98'],
      ],
      ['allow_any', '*'],
    ]);
  });

  it('that is detected is told by its address where it has one: then any Host is its own', () => {
    const { listener, hosts } = compiled([service('a:auto:80', { isDockerName: true })]);
    assert.deepEqual(listener.get('240.240.0.97_80')?.addresses, ['240.240.0.97', '10.0.0.97']);
    assert.equal(listener.get('240.240.0.97_80')?.route, 'a.default.svc.cluster.local:80');
    assert.deepEqual(hosts('a.default.svc.cluster.local:80'), [['a.default.svc.cluster.local:80', '*']]);
  });

  it('of a host that is no service is known on port 80 only, and only if a service has that port', () => {
    const rule = documentOf('VirtualService', {
      hosts: ['outer.example'],
      http: [{ route: [{ destination: { host: 'a' } }] }],
    });
    const both = compiled([service('a:http:80'), service('b:http:90')], rule);
    assert.deepEqual(
      both.hosts('80')?.map(([name]) => name),
      [...['a.default.svc.cluster.local:80', 'outer.example:80', 'allow_any']],
    );
    assert.equal(both.hosts('90')?.length, 2);
    assert.deepEqual(compiled([service('b:http:90')], rule).names, ['0.0.0.0_90', 'virtualOutbound']);
  });

  it('of a service that has no port 80 follows its rule there too', () => {
    const rule = documentOf('VirtualService', {
      hosts: ['b'],
      http: [{ route: [{ destination: { host: 'a' } }] }],
    });
    const { hosts } = compiled([service('a:http:80'), service('b:http:90')], rule);
    assert.deepEqual(hosts('80')?.[1], ['b.default.svc.cluster.local:80', 'b.default.svc.cluster.local']);
  });
});

describe('a headless service', () => {
  it('is reached at the address that the caller looked up, also by names below its own', () => {
    const { cluster, hosts } = compiled([service('a:http:80', { headless: true, vips: [] })]);
    assert.equal(
      cluster.get('outbound|80||a.default.svc.cluster.local')?.discovery.kind,
      'original-destination',
    );
    assert.ok(hosts('80')?.[0]?.includes('*.a.default'));
  });
});

describe('layer 4', () => {
  it('of two services at one address and port is the first', () => {
    const same = { vips: ['240.240.0.1'] };
    const { names, listener } = compiled([service('a:tcp:90', same), service('b:tcp:90', same)]);
    assert.deepEqual(names, ['240.240.0.1_90', 'virtualOutbound']);
    const [route] = listener.get('240.240.0.1_90')?.tcp ?? [];
    assert.equal(route?.clusters[0]?.name, 'outbound|90||a.default.svc.cluster.local');
  });

  it('on a port that also has HTTP has listeners of its own', () => {
    const { names } = compiled([service('a:http:90'), service('b:tcp:90')]);
    assert.deepEqual(names, ['240.240.0.98_90', '0.0.0.0_90', 'virtualOutbound']);
  });

  it('that is not HTTP on a port that is detected goes on, or is closed', () => {
    const rest = (mode: 'ALLOW_ANY' | 'REGISTRY_ONLY') =>
      compiled([service('a:auto:90')], '', { outboundTrafficPolicy: mode }).listener.get('0.0.0.0_90')
        ?.tcp?.[0]?.clusters[0]?.name;
    assert.equal(rest('ALLOW_ANY'), 'PassthroughCluster');
    assert.equal(rest('REGISTRY_ONLY'), 'BlackHoleCluster');
  });

  it('of UDP ports is left alone', () => {
    assert.deepEqual(compiled([service('a:udp:53')]).names, ['virtualOutbound']);
  });
});
