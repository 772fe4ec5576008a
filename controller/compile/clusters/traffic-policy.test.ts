import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { type ClusterSpec, UNLIMITED } from '../../../model/cluster.ts';
import type { RouteActionSpec } from '../../../model/route.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';
import type { Service } from '../world.ts';

const rule = (spec: string, name = 'shop') => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name} }
spec: ${spec}
`;

/** The client's clusters for the service `shop` (ports 80 and 8080), by the middle of their names. */
function compile(spec: string, mesh: Partial<MeshConfig> = {}, more: Partial<Service> = {}) {
  const http = { name: 'http', protocol: 'http' } as const;
  const ports = [80, 8080].map((number) => ({ ...http, number, targetPort: number }));
  const shop = service('shop', { ports, ...more });
  const world = createWorld([shop], [workload('shop'), workload('client')], rule(spec), mesh);
  const { cluster, endpoint, route } = snapshotOf(world, 'client');
  return {
    route,
    endpoint,
    at: (middle: string): ClusterSpec =>
      cluster.get(`outbound|${middle}|shop.default.svc.cluster.local`) ?? assert.fail(middle),
    inbound: () => snapshotOf(world, 'shop').cluster.get('inbound|80||') ?? assert.fail('inbound'),
  };
}

const pool = (connections: number) => `{ tcp: { maxConnections: ${connections} } }`;
const connections = ({ circuitBreaker }: ClusterSpec) => circuitBreaker.maxConnections;

describe('inheritance', () => {
  test('a block of a subset replaces its parent whole, a missing one is inherited', () => {
    const { at } = compile(`{ host: shop, trafficPolicy: {
      connectionPool: { tcp: { maxConnections: 7 }, http: { http2MaxRequests: 9 } },
      loadBalancer: { simple: RANDOM } }, subsets: [
      { name: v1, trafficPolicy: { connectionPool: { http: { http2MaxRequests: 3 } } } }, { name: v2 }] }`);
    assert.deepEqual([connections(at('80|v1')), at('80|v1').circuitBreaker.maxRequests], [UNLIMITED, 3]);
    assert.equal(at('80|v1').loadBalancer.policy, 'random');
    assert.deepEqual([connections(at('80|v2')), at('80|v2').circuitBreaker.maxRequests], [7, 9]);
  });

  test('settings of a port replace all four blocks, those that they leave out by the defaults', () => {
    const { at } = compile(`{ host: shop, trafficPolicy: {
      loadBalancer: { simple: RANDOM }, outlierDetection: {}, connectionPool: ${pool(7)},
      portLevelSettings: [{ port: { number: 8080 }, connectionPool: ${pool(2)} }] } }`);
    assert.deepEqual([connections(at('80|')), at('80|').loadBalancer.policy], [7, 'random']);
    assert.deepEqual([connections(at('8080|')), at('8080|').loadBalancer.policy], [2, 'least-request']);
    assert.notEqual(at('80|').outlier, null);
    assert.equal(at('8080|').outlier, null);
  });

  test('a subset sees the settings of a port, under its own blocks; its own settings of a port beat all', () => {
    const { at } = compile(`{ host: shop, trafficPolicy: {
      portLevelSettings: [{ port: { number: 80 }, connectionPool: ${pool(2)}, loadBalancer: { simple: RANDOM } }] },
      subsets: [{ name: v1 }, { name: v2, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } } },
      { name: v3, trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN },
        portLevelSettings: [{ port: { number: 80 }, connectionPool: ${pool(3)} }] } }] }`);
    const seen = (name: string) => [connections(at(`80|${name}`)), at(`80|${name}`).loadBalancer.policy];
    assert.deepEqual(seen('v1'), [2, 'random']);
    assert.deepEqual(seen('v2'), [2, 'round-robin']);
    assert.deepEqual(seen('v3'), [3, 'least-request']);
  });

  test('a retry budget is no block of a port: settings of a port drop the one beside them', () => {
    const { at } = compile(`{ host: shop, trafficPolicy: { retryBudget: { percent: 30 },
      portLevelSettings: [{ port: { number: 8080 }, connectionPool: ${pool(2)} }] },
      subsets: [{ name: v1, trafficPolicy: { portLevelSettings: [
        { port: { number: 80 }, connectionPool: ${pool(2)} }] } }] }`);
    const budget = { percent: 30, minConcurrency: 3, intervalMs: 0 };
    assert.deepEqual(at('80|').circuitBreaker.retryBudget, budget);
    assert.equal(at('8080|').circuitBreaker.retryBudget, null);
    assert.deepEqual(at('80|v1').circuitBreaker.retryBudget, budget);
  });

  test('MeshConfig.defaultTrafficPolicy holds block by block where no rule says otherwise', () => {
    const mesh = {
      defaultTrafficPolicy: { connectionPool: { tcp: { maxConnections: 5 } }, outlierDetection: {} },
    };
    const { at } = compile(`{ host: shop, trafficPolicy: { connectionPool: ${pool(7)} } }`, mesh);
    assert.equal(connections(at('80|')), 7);
    assert.notEqual(at('80|').outlier, null);
    assert.equal(connections(compile('{ host: other }', mesh).at('80|')), 5);
  });
});

describe('connectionPool', () => {
  test('without a rule nothing is limited', () => {
    const {
      circuitBreaker,
      connections: kept,
      connectTimeoutMs,
      outlier,
    } = compile('{ host: other }').at('80|');
    assert.deepEqual(circuitBreaker, {
      ...{ maxConnections: UNLIMITED, maxPendingRequests: UNLIMITED, maxRequests: UNLIMITED },
      ...{ maxRetries: UNLIMITED, retryBudget: null },
    });
    assert.deepEqual(kept, {
      ...{ maxRequestsPerConnection: 0, idleTimeoutMs: 3_600_000 },
      ...{ maxConnectionMs: 0, tcpKeepalive: null, maxConcurrentStreams: 0, http2KeepAlive: null },
    });
    assert.deepEqual([connectTimeoutMs, outlier], [10_000, null]);
  });

  test('every field has its place, and 0 means the default', () => {
    const { at } = compile(`{ host: shop, trafficPolicy: { connectionPool: {
      tcp: { maxConnections: 0, connectTimeout: 2s, maxConnectionDuration: 1m, idleTimeout: 0s,
        tcpKeepalive: { time: 30s, probes: 4 } },
      http: { http1MaxPendingRequests: 1, http2MaxRequests: 2, maxRequestsPerConnection: 3, maxRetries: 4,
        maxConcurrentStreams: 5, http2KeepAlive: { interval: 6s, timeout: 7s } } } } }`);
    const { circuitBreaker, connections: kept, connectTimeoutMs } = at('80|');
    assert.deepEqual(circuitBreaker, {
      ...{
        maxConnections: UNLIMITED,
        maxPendingRequests: 1,
        maxRequests: 2,
        maxRetries: 4,
        retryBudget: null,
      },
    });
    assert.deepEqual(kept, {
      ...{ maxRequestsPerConnection: 3, idleTimeoutMs: 0, maxConnectionMs: 60_000 },
      tcpKeepalive: { timeMs: 30_000, intervalMs: 0, probes: 4 },
      ...{ maxConcurrentStreams: 5, http2KeepAlive: { intervalMs: 6000, timeoutMs: 7000 } },
    });
    assert.equal(connectTimeoutMs, 2000);
  });

  test('HTTP has an idle timeout of its own, and keep-alive comes from the mesh attribute by attribute', () => {
    const { at } = compile(
      `{ host: shop, trafficPolicy: { connectionPool: { http: { idleTimeout: 5s },
        tcp: { idleTimeout: 9s, tcpKeepalive: { time: 30s } } } } }`,
      { tcpKeepalive: { time: '1s', interval: '2s' } },
    );
    const { idleTimeoutMs, tcpKeepalive } = at('80|').connections;
    assert.equal(idleTimeoutMs, 5000);
    assert.deepEqual(tcpKeepalive, { timeMs: 30_000, intervalMs: 2000, probes: 0 });
  });

  test('protects the server’s own side too; ejection and balancing stay with the caller', () => {
    const spec = `{ host: shop, trafficPolicy: { connectionPool: ${pool(3)}, outlierDetection: {} } }`;
    const inbound = compile(spec).inbound();
    assert.deepEqual([connections(inbound), inbound.outlier], [3, null]);
  });
});

test('the idle timeout of TCP holds on the caller’s and on the server’s side; 0s means never', () => {
  const idleOf = (idleTimeout: string) => {
    const spec = `{ host: db, trafficPolicy: { connectionPool: { tcp: { idleTimeout: ${idleTimeout} } } } }`;
    const world = createWorld(
      [service('db:tcp:3306')],
      [workload('db'), workload('client')],
      rule(spec, 'db'),
    );
    const listeners = (name: string) => [...snapshotOf(world, name).listener.values()];
    return [
      listeners('client').find(({ port }) => port === 3306)?.tcp?.[0]?.idleTimeoutMs,
      listeners('db').find(({ name }) => name === 'virtualInbound|3306')?.tcp?.[0]?.idleTimeoutMs,
    ];
  };
  assert.deepEqual(idleOf('90s'), [90_000, 90_000]);
  assert.deepEqual(idleOf('0s'), [0, 0]);
});

describe('outlierDetection', () => {
  const outlierOf = (block: string) =>
    compile(`{ host: shop, trafficPolicy: { outlierDetection: ${block} } }`).at('80|').outlier;

  test('{} is active with the defaults', () => {
    assert.deepEqual(outlierOf('{}'), {
      ...{ consecutive5xx: 5, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
      ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 10 },
      errorStatuses: [],
    });
  });

  test('consecutiveErrors means nothing, consecutive5xxErrors 0 is off, codes are taken over', () => {
    const outlier = outlierOf(
      '{ consecutiveErrors: 1, consecutive5xxErrors: 0, outlierDetectionHttpErrorCodes: [429] }',
    );
    assert.deepEqual([outlier?.consecutive5xx, outlier?.errorStatuses], [0, [429]]);
  });

  test('minHealthPercent is the threshold of panic', () => {
    const { at } = compile('{ host: shop, trafficPolicy: { outlierDetection: { minHealthPercent: 40 } } }');
    assert.equal(at('80|').loadBalancer.panicThreshold, 40);
  });
});

describe('loadBalancer', () => {
  const balancerOf = (block: string) =>
    compile(`{ host: shop, trafficPolicy: { loadBalancer: ${block} } }`).at('80|').loadBalancer;
  const tableOf = (block: string) => {
    const { policy, tableSize } = balancerOf(`{ consistentHash: ${block} }`);
    return `${policy} ${tableSize}`;
  };

  test('consistentHash is a ring of 1024 places unless it says otherwise', () => {
    assert.equal(tableOf('{ useSourceIp: true }'), 'ring-hash 1024');
    assert.equal(tableOf('{ useSourceIp: true, ringHash: { minimumRingSize: 2048 } }'), 'ring-hash 2048');
    assert.equal(tableOf('{ useSourceIp: true, minimumRingSize: 4096 }'), 'ring-hash 4096');
    assert.equal(tableOf('{ useSourceIp: true, maglev: { tableSize: 251 } }'), 'maglev 251');
    assert.equal(balancerOf('{ consistentHash: { useSourceIp: true } }').hashesSourceIp, true);
  });

  test('warmup acts on ROUND_ROBIN and LEAST_REQUEST alone', () => {
    const warmup = 'warmup: { duration: 60s }';
    const wanted = { durationMs: 60_000, minimumPercent: 10, aggression: 1 };
    assert.deepEqual(balancerOf(`{ ${warmup} }`).warmup, wanted);
    assert.deepEqual(balancerOf('{ simple: ROUND_ROBIN, warmupDurationSecs: 60s }').warmup, wanted);
    assert.equal(balancerOf(`{ simple: RANDOM, ${warmup} }`).warmup, null);
    assert.equal(balancerOf(`{ consistentHash: { useSourceIp: true }, ${warmup} }`).warmup, null);
  });

  test('PASSTHROUGH goes where the caller was going, but a virtual address is still balanced', () => {
    const spec = '{ host: shop, trafficPolicy: { loadBalancer: { simple: PASSTHROUGH } } }';
    const docker = compile(spec, {}, { isDockerName: true });
    assert.deepEqual(docker.at('80|').discovery, {
      kind: 'original-destination',
      sourceAddress: '',
      port: 0,
      endpoints: docker.at('80|').name,
    });
    assert.ok(docker.endpoint.has(docker.at('80|').name));
    const virtual = compile(spec).at('80|');
    assert.deepEqual([virtual.discovery.kind, virtual.loadBalancer.policy], ['endpoints', 'random']);
  });
});

describe('what routes hash', () => {
  const hashOf = (balancer: string) => {
    const { route } = compile(
      `{ host: shop, trafficPolicy: { loadBalancer: { consistentHash: ${balancer} } } }`,
    );
    const routes = route.get('80')?.virtualHosts.find(({ name }) => name.startsWith('shop'))?.routes;
    return routes?.[0]?.action as RouteActionSpec;
  };

  test('a service without VirtualService too', () => {
    assert.deepEqual(hashOf('{ httpHeaderName: X-User }').hash, [
      { kind: 'header', name: 'x-user', cookie: null },
    ]);
    assert.deepEqual(hashOf('{ httpQueryParameterName: u }').hash, [
      { kind: 'query', name: 'u', cookie: null },
    ]);
    assert.deepEqual(hashOf('{ useSourceIp: true }').hash, [{ kind: 'source-ip', name: '', cookie: null }]);
  });

  test('a cookie is made only where it has a lifetime', () => {
    assert.equal(hashOf('{ httpCookie: { name: sid } }').hash[0]?.cookie, null);
    const cookie =
      'name: sid, ttl: 0s, path: /a, attributes: [{ name: SameSite, value: Lax }, { name: Secure }]';
    assert.deepEqual(hashOf(`{ httpCookie: { ${cookie} } }`).hash[0]?.cookie, {
      ...{
        ttlMs: 0,
        path: '/a',
        attributes: [
          ['SameSite', 'Lax'],
          ['Secure', ''],
        ],
      },
    });
  });

  test('retries may then repeat the host', () => {
    assert.equal(hashOf('{ useSourceIp: true }').retry?.hostSelectionAttempts, 0);
  });

  test('policies of several destinations stand one after the other, and only those of the named subsets', () => {
    const config = `${rule(`{ host: shop, trafficPolicy: { loadBalancer: { consistentHash: { useSourceIp: true } } },
      subsets: [{ name: v1 }, { name: v2, trafficPolicy: { loadBalancer: { simple: RANDOM } } },
      { name: v3, trafficPolicy: { loadBalancer: { consistentHash: { httpHeaderName: h } } } }] }`)}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop]
  http:
  - route:
    - { destination: { host: shop, subset: v1 }, weight: 1 }
    - { destination: { host: shop, subset: v2 }, weight: 1 }
    - { destination: { host: shop, subset: v3 }, weight: 1 }
`;
    const world = createWorld([service('shop')], [workload('shop'), workload('client')], config);
    const host = snapshotOf(world, 'client').route.get('80')?.virtualHosts[0];
    const { hash, retry } = (host?.routes[0]?.action ?? assert.fail('no action')) as RouteActionSpec;
    assert.deepEqual(
      hash.map(({ kind, name }) => `${kind} ${name}`),
      ['source-ip ', 'header h'],
    );
    assert.equal(retry?.hostSelectionAttempts, 5);
  });
});
