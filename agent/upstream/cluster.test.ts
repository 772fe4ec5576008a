import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { ClusterSpec, OutlierSpec } from '../../model/cluster.ts';
import type { EndpointSpec } from '../../model/endpoint.ts';
import { createMemoryPool } from '../exchange/memory-codec.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from './cluster.ts';
import type { Host } from './host.ts';

const OUTLIER: OutlierSpec = {
  ...{ consecutive5xx: 1, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
  ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 100 },
  errorStatuses: [],
};
const ejecting: Partial<ClusterSpec> = { outlier: OUTLIER };
const DRAWS = 4000;

function open() {
  const clock = createManualClock();
  const random = createSeededRandom(3);
  const deps = { clock, random, createPool: () => createMemoryPool(null) };
  const create = (
    endpoints: readonly EndpointSpec[],
    change: Partial<ClusterSpec> = {},
    previous: Cluster | null = null,
    keepsHosts = true,
  ) => {
    const spec = clusterSpec('north', change);
    const cluster = new Cluster(
      spec,
      { name: 'north', endpoints, localityWeights: null },
      previous,
      keepsHosts,
      deps,
    );
    previous?.retire(cluster, () => false);
    return cluster;
  };
  return { clock, create };
}

/** Ports of the hosts that are chosen, with their shares in percent. */
function shares(cluster: Cluster): Record<number, number> {
  const counts = new Map<number, number>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const port = cluster.pick(null)?.port ?? 0;
    counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].map(([port, count]) => [port, Math.round((100 * count) / DRAWS)]));
}

const chosen = (cluster: Cluster) => Object.keys(shares(cluster)).map(Number);
const hostAt = (cluster: Cluster, port: number) => cluster.hosts.get(`127.0.0.1:${port}`) as Host;
const isNear = (share: number | undefined, wanted: number) => Math.abs((share ?? 0) - wanted) <= 3;

describe('an ejected host', () => {
  test('gets nothing until its time is over', () => {
    const { clock, create } = open();
    const cluster = create([endpointSpec(1), endpointSpec(2)], ejecting);
    cluster.reportStatus(hostAt(cluster, 1), 503);
    assert.deepEqual(chosen(cluster), [2]);
    clock.advance(29_999);
    assert.deepEqual(chosen(cluster), [2]);
    clock.advance(1);
    assert.deepEqual(chosen(cluster), [1, 2]);
  });

  test('stays out when endpoints, settings or even its connections change', () => {
    const { clock, create } = open();
    const first = create([endpointSpec(1), endpointSpec(2)], ejecting);
    first.reportStatus(hostAt(first, 1), 503);
    const more = create([endpointSpec(1), endpointSpec(2), endpointSpec(3)], ejecting, first);
    assert.deepEqual(chosen(more), [2, 3]);
    const other = { ...ejecting, connectTimeoutMs: 1 };
    const anew = create([endpointSpec(1), endpointSpec(2)], other, more, false);
    assert.notEqual(hostAt(anew, 1), hostAt(more, 1));
    assert.deepEqual(chosen(anew), [2]);
    clock.advance(30_000);
    assert.deepEqual(chosen(anew), [1, 2]);
  });

  test('is in use again when outlierDetection is taken away', () => {
    const { create } = open();
    const first = create([endpointSpec(1), endpointSpec(2)], ejecting);
    first.reportStatus(hostAt(first, 1), 503);
    assert.deepEqual(chosen(create([endpointSpec(1), endpointSpec(2)], {}, first)), [1, 2]);
  });

  test('is not another container that got its address', () => {
    const { create } = open();
    const first = create([endpointSpec(1, { workload: 'a' }), endpointSpec(2)], ejecting);
    first.reportStatus(hostAt(first, 1), 503);
    const next = create([endpointSpec(1, { workload: 'b' }), endpointSpec(2)], ejecting, first);
    assert.deepEqual(chosen(next), [1, 2]);
  });

  test('is put out by what requests of the old snapshot met', () => {
    const { create } = open();
    const first = create([endpointSpec(1), endpointSpec(2)], ejecting);
    const next = create([endpointSpec(1), endpointSpec(2), endpointSpec(3)], ejecting, first);
    first.reportStatus(hostAt(first, 1), 503);
    assert.deepEqual(chosen(next), [2, 3]);
  });

  test('leaves its traffic to the next priority', () => {
    const { create } = open();
    const endpoints = [endpointSpec(1), endpointSpec(2), endpointSpec(8, { priority: 1 })];
    const cluster = create(endpoints, ejecting);
    assert.deepEqual(chosen(cluster), [1, 2]);
    cluster.reportStatus(hostAt(cluster, 1), 503);
    const { 2: near, 8: far } = shares(cluster);
    assert.ok(isNear(near, 70) && isNear(far, 30), `${near} : ${far}`);
  });

  test('is used all the same where too few are left (minHealthPercent)', () => {
    const { create } = open();
    const loadBalancer = { ...clusterSpec('').loadBalancer, panicThreshold: 50 };
    const cluster = create([endpointSpec(1), endpointSpec(2), endpointSpec(3)], {
      ...ejecting,
      loadBalancer,
    });
    cluster.reportStatus(hostAt(cluster, 1), 503);
    assert.deepEqual(chosen(cluster), [2, 3]);
    cluster.reportStatus(hostAt(cluster, 2), 503);
    assert.deepEqual(chosen(cluster), [1, 2, 3]);
  });
});

test('all ejected and no panic: nobody is left', () => {
  const { create } = open();
  const cluster = create([endpointSpec(1)], ejecting);
  cluster.reportFailure(hostAt(cluster, 1), false);
  assert.equal(cluster.pick(null), null);
});

test('a host whose health check fails gets nothing, as if ejected', () => {
  const { create } = open();
  const near = [endpointSpec(1, { health: 'failing' }), endpointSpec(2)];
  assert.deepEqual(chosen(create(near)), [2]);
  assert.deepEqual(chosen(create([...near, endpointSpec(8, { priority: 1 })])), [2, 8]);
  assert.equal(create([endpointSpec(1, { health: 'failing' })]).pick(null), null);
  const loadBalancer = { ...clusterSpec('').loadBalancer, panicThreshold: 60 };
  assert.deepEqual(chosen(create(near, { loadBalancer })), [1, 2]);
});

test('a host that starts or stops is offered to nobody, not even in panic', () => {
  const { create } = open();
  const loadBalancer = { ...clusterSpec('').loadBalancer, panicThreshold: 100 };
  const endpoints = [
    endpointSpec(1),
    endpointSpec(2, { health: 'unhealthy' }),
    endpointSpec(3, { health: 'draining' }),
  ];
  assert.deepEqual(chosen(create(endpoints, { loadBalancer })), [1]);
});

describe('warmup', () => {
  const loadBalancer: ClusterSpec['loadBalancer'] = {
    ...clusterSpec('').loadBalancer,
    ...{ policy: 'round-robin', warmup: { durationMs: 60_000, minimumPercent: 10, aggression: 1 } },
  };

  test('gives a newcomer a growing share, over further snapshots too', () => {
    const { clock, create } = open();
    const first = create([endpointSpec(1)], { loadBalancer });
    clock.advance(120_000);
    const next = create([endpointSpec(1), endpointSpec(2)], { loadBalancer }, first);
    assert.ok(isNear(shares(next)[2], 9), 'a tenth beside a whole');
    clock.advance(30_000);
    assert.ok(isNear(shares(next)[2], 33), 'a half beside a whole');
    const last = create([endpointSpec(1), endpointSpec(2), endpointSpec(3)], { loadBalancer }, next);
    clock.advance(30_000);
    assert.ok(isNear(shares(last)[2], 40) && isNear(shares(last)[3], 20));
    clock.advance(30_000);
    assert.ok(isNear(shares(last)[3], 33));
  });

  test('begins anew for a host that was not offered meanwhile', () => {
    const { clock, create } = open();
    const first = create([endpointSpec(1), endpointSpec(2)], { loadBalancer });
    clock.advance(120_000);
    const away = create([endpointSpec(1), endpointSpec(2, { health: 'unhealthy' })], { loadBalancer }, first);
    const back = create([endpointSpec(1), endpointSpec(2)], { loadBalancer }, away);
    assert.ok(isNear(shares(back)[2], 9));
  });
});

describe('the host at an original destination', () => {
  test('is where the connection was going, or where its cluster says', () => {
    const { create } = open();
    const host = (port: number, address?: string) => {
      const change = address === undefined ? {} : { address };
      const discovery = { kind: 'original-destination' as const, sourceAddress: '', port, ...change };
      return create([], { discovery }).originalHost('10.0.0.9', 80, 0).key;
    };
    assert.equal(host(0), '10.0.0.9:80');
    assert.equal(host(9000), '10.0.0.9:9000');
    assert.equal(host(9000, '127.0.0.1'), '127.0.0.1:9000');
  });
});

describe('a container that was started again with its old address', () => {
  const started = (instance: string): EndpointSpec => ({ ...endpointSpec(1), workload: 'shop', instance });

  test('is a new host, and what was under way at the old one is given up', () => {
    const { create } = open();
    const first = create([started('1')]);
    const [old] = [...first.hosts.values()] as [Host];
    let isAbandoned = false;
    old.pool.abandon = () => {
      isAbandoned = true;
    };
    const second = create([started('2')], {}, first);
    assert.notEqual([...second.hosts.values()][0], old);
    assert.equal(isAbandoned, true);
  });

  test('is told from the old one too when it was no host for a moment', () => {
    const { create } = open();
    const first = create([started('1')]);
    const [old] = [...first.hosts.values()] as [Host];
    let isAbandoned = false;
    old.pool.abandon = () => {
      isAbandoned = true;
    };
    old.active = 1;
    const without = create([], {}, create([], {}, first));
    assert.equal(isAbandoned, false);
    create([started('2')], {}, without);
    assert.equal(isAbandoned, true);
  });

  test('keeps what is under way when its mutual TLS goes on or off: only new requests go another way', () => {
    const { create } = open();
    const first = create([started('1')]);
    const [old] = [...first.hosts.values()] as [Host];
    const done: string[] = [];
    old.pool.abandon = () => void done.push('abandon');
    old.pool.drain = () => void done.push('drain');
    const second = create([{ ...started('1'), mutualTls: true }], {}, first);
    assert.notEqual([...second.hosts.values()][0], old);
    assert.deepEqual(done, ['drain']);
  });

  test('is the same host while its start is the same, whatever else changes', () => {
    const { create } = open();
    const first = create([started('1')]);
    const second = create([{ ...started('1'), health: 'unhealthy' }], {}, first);
    assert.equal([...second.hosts.values()][0], [...first.hosts.values()][0]);
    let isAbandoned = false;
    ([...second.hosts.values()] as [Host])[0].pool.abandon = () => {
      isAbandoned = true;
    };
    create([started('1')], {}, second, false);
    assert.equal(isAbandoned, false, 'new settings end idle connections only');
  });
});
