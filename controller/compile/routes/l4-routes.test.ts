import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentOf } from '../../../istio/testing/read-text.ts';
import type { TcpRouteSpec } from '../../../model/listener.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

const SERVICES = [service('db:tcp:3306'), service('old:tcp:3306'), service('safe:tls:443')];

/** What the listener of a service does, for a caller with the labels `app: w`. */
function routesOf(listener: string, ...documents: string[]): TcpRouteSpec[] {
  const world = createWorld(SERVICES, [workload('w')], documents.join('---\n'));
  return [...(snapshotOf(world, 'w').listener.get(listener)?.tcp ?? [])];
}

const text = ({ match, clusters }: TcpRouteSpec) =>
  [
    ...match.sniHosts,
    ...match.destinationSubnets,
    '→',
    ...clusters.map(({ name, weight }) => `${name.replace('.default.svc.cluster.local', '')}×${weight}`),
  ].join(' ');

const db = (...documents: string[]) => routesOf('240.240.0.100_3306', ...documents).map(text);
const safe = (...documents: string[]) => routesOf('240.240.0.115_443', ...documents).map(text);
const virtualService = (spec: object, name = 'v') => documentOf('VirtualService', spec, { name });
const to = (host: string) => [{ destination: { host } }];

describe('TCP routes', () => {
  it('lead to the service where there is no rule', () => {
    assert.deepEqual(db(), ['→ outbound|3306||db×1']);
  });

  it('divide by weight; a destination of weight 0 gets nothing, a single one everything', () => {
    const route = [
      { destination: { host: 'db' }, weight: 80 },
      { destination: { host: 'old' }, weight: 20 },
      { destination: { host: 'gone' }, weight: 0 },
    ];
    assert.deepEqual(db(virtualService({ hosts: ['db'], tcp: [{ route }] })), [
      '→ outbound|3306||db×80 outbound|3306||old×20',
    ]);
    assert.deepEqual(db(virtualService({ hosts: ['db'], tcp: [{ route: to('old') }] })), [
      '→ outbound|3306||old×1',
    ]);
  });

  it('tell which rule made them', () => {
    const tcp = [{ match: [{ port: 1 }], route: to('old') }, { route: to('old') }];
    const rules = (...documents: string[]) =>
      routesOf('240.240.0.100_3306', ...documents).map(({ rule }) => rule);
    assert.deepEqual(rules(), [undefined]);
    assert.deepEqual(rules(virtualService({ hosts: ['db'], tcp })), ['VirtualService/default/v#tcp[1]']);
    const tls = [{ match: [{ sniHosts: ['safe'] }], route: to('safe') }];
    const [secured] = routesOf('240.240.0.115_443', virtualService({ hosts: ['safe'], tls }));
    assert.equal(secured?.rule, 'VirtualService/default/v#tls[0]');
  });

  it('are taken by subnet, and end at the first without', () => {
    const tcp = [
      {
        match: [{ destinationSubnets: ['10.0.0.0/8'] }, { destinationSubnets: ['192.168.1.1'] }],
        route: to('old'),
      },
      { match: [{ port: 3306 }], route: to('db') },
      { route: to('never') },
    ];
    assert.deepEqual(db(virtualService({ hosts: ['db'], tcp })), [
      '10.0.0.0/8 192.168.1.1 → outbound|3306||old×1',
      '→ outbound|3306||db×1',
    ]);
    assert.deepEqual(db(virtualService({ hosts: ['db'], tcp: tcp.slice(0, 1) })), [
      '10.0.0.0/8 192.168.1.1 → outbound|3306||old×1',
      '→ outbound|3306||db×1',
    ]);
  });

  const misses: [title: string, match: object][] = [
    ['another port', { port: 3307 }],
    ['other labels', { sourceLabels: { app: 'x' } }],
    ['another namespace', { sourceNamespace: 'sea' }],
    ['a gateway', { gateways: ['front'] }],
    ['labels that fit and a gateway', { sourceLabels: { app: 'w' }, gateways: ['front'] }],
  ];
  for (const [title, match] of misses) {
    it(`are not taken for ${title}`, () => {
      const rule = virtualService({ hosts: ['db'], tcp: [{ match: [match], route: to('old') }] });
      assert.deepEqual(db(rule), ['→ outbound|3306||db×1']);
    });
  }

  it('are taken if one of several matches fits', () => {
    const match = [{ port: 1 }, { port: 3306, sourceLabels: { app: 'w' }, gateways: ['mesh'] }];
    assert.deepEqual(db(virtualService({ hosts: ['db'], tcp: [{ match, route: to('old') }] })), [
      '→ outbound|3306||old×1',
    ]);
  });

  it('of several rules for a host count one after the other', () => {
    const first = virtualService(
      { hosts: ['db'], tcp: [{ match: [{ destinationSubnets: ['10.0.0.1'] }], route: to('old') }] },
      'a',
    );
    const second = virtualService(
      { hosts: ['*.default.svc.cluster.local'], tcp: [{ route: to('new') }] },
      'b',
    );
    assert.deepEqual(db(first, second), ['10.0.0.1 → outbound|3306||old×1', '→ outbound|3306||new×1']);
  });

  it("have the idle timeout of the first destination's rule", () => {
    const pool = { trafficPolicy: { connectionPool: { tcp: { idleTimeout: '5s' } } } };
    const policy = documentOf('DestinationRule', { host: 'old', ...pool });
    const route = virtualService({ hosts: ['db'], tcp: [{ route: to('old') }] });
    const idle = (...documents: string[]) => routesOf('240.240.0.100_3306', ...documents)[0]?.idleTimeoutMs;
    assert.equal(idle(policy, route), 5000);
    assert.equal(idle(policy), 3_600_000);
  });
});

describe('TLS routes', () => {
  const rule = (sniHosts: string[], host: string, name = 'v') =>
    virtualService({ hosts: ['safe', '*.example'], tls: [{ match: [{ sniHosts }], route: to(host) }] }, name);

  it('lead to the service by its address where there is no rule', () => {
    assert.deepEqual(safe(), ['→ outbound|443||safe×1']);
  });

  it('replace the default: another name is refused', () => {
    assert.deepEqual(safe(rule(['a.example', '*.b.example'], 'db')), [
      'a.example *.b.example → outbound|443||db×1',
    ]);
  });

  it('of one name: the first', () => {
    const second = virtualService(
      { hosts: ['safe', '*.example'], tls: [{ match: [{ sniHosts: ['a.example'] }], route: to('old') }] },
      'w',
    );
    assert.deepEqual(safe(rule(['a.example'], 'db'), second), ['a.example → outbound|443||db×1']);
  });

  it('do not act on ports that are no TLS', () => {
    const tls = [{ match: [{ sniHosts: ['db.default.svc.cluster.local'] }], route: to('old') }];
    assert.deepEqual(db(virtualService({ hosts: ['db.default.svc.cluster.local'], tls })), [
      '→ outbound|3306||db×1',
    ]);
  });
});
