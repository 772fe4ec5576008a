import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

const NAME = 'outbound|80||shop.default.svc.cluster.local';

interface Case {
  /** Locality of each container of `shop`. */
  readonly shop: readonly string[];
  /** Locality of each container of the calling service; the first one calls. */
  readonly callers: readonly string[];
  readonly setting?: object | null;
  readonly mesh?: Partial<MeshConfig>;
  readonly balancer?: object;
}

function place({ shop, callers, setting = { minClusterSize: 2 }, mesh = {}, balancer = {} }: Case) {
  const loadBalancer = { ...(setting !== null && { zoneAwareLbSetting: setting }), ...balancer };
  const config = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec: ${JSON.stringify({ host: 'shop', trafficPolicy: { loadBalancer } })}
`;
  const make = (kind: string) => (locality: string, index: number) =>
    workload(`${kind}${index}`, {
      ...{ locality, workload: kind },
      addresses: [{ network: 'net', address: `10.0.${kind === 'shop' ? 1 : 2}.${index + 1}` }],
    });
  const hosts = shop.map(make('shop'));
  const peers = callers.map(make('client'));
  const services = [service('shop', { members: hosts.map(({ id }) => id) })];
  const endpoints = snapshotOf(
    createWorld(services, [...hosts, ...peers], config, mesh),
    'client0',
  ).endpoint.get(NAME);
  const weights = endpoints?.localityWeights ?? null;
  return {
    weights:
      weights === null
        ? null
        : Object.fromEntries(Object.entries(weights).map(([key, value]) => [key, Math.round(value * 100)])),
    priorities: Object.fromEntries(
      (endpoints?.endpoints ?? []).map(({ locality, priority }) => [locality, priority]),
    ),
  };
}

describe('zoneAwareLbSetting', () => {
  test('keeps callers to their zone where its share of the hosts is theirs of the callers', () => {
    const even = { shop: ['r/a', 'r/a', 'r/b', 'r/b'], callers: ['r/a', 'r/b'] };
    assert.deepEqual(place(even).weights, { 'r/a': 100, 'r/b': 0 });
    const more = { shop: ['r/a', 'r/a', 'r/a', 'r/b'], callers: ['r/a', 'r/b'] };
    assert.deepEqual(place(more).weights, { 'r/a': 100, 'r/b': 0 });
  });

  test('sends what does not fit there to the zones that have room', () => {
    // Half of the callers, a quarter of the hosts: one of two requests stays.
    const few = { shop: ['r/a', 'r/b', 'r/b', 'r/c'], callers: ['r/a', 'r/a', 'r/b', 'r/c'] };
    assert.deepEqual(place(few).weights, { 'r/a': 50, 'r/b': 50, 'r/c': 0 });
    const none = { shop: ['r/b', 'r/c'], callers: ['r/a', 'r/b'] };
    assert.deepEqual(place(none).weights, { 'r/b': 0, 'r/c': 100 });
  });

  test('does nothing with few hosts, in one zone, or for a caller whose zone is not known', () => {
    const pair = { shop: ['r/a', 'r/b'], callers: ['r/a', 'r/b'] };
    assert.equal(place({ ...pair, setting: {} }).weights, null);
    assert.equal(place({ ...pair, setting: { minClusterSize: 3 } }).weights, null);
    assert.equal(place({ shop: ['r/a', 'r/a'], callers: ['r/a'] }).weights, null);
    assert.equal(place({ ...pair, callers: [''] }).weights, null);
  });

  test('keeps other regions behind the own one, and a failover target before the rest', () => {
    const shop = ['r1/a', 'r1/b', 'r2/a', 'r3/a'];
    const failover = [{ from: 'r1', to: 'r3' }];
    const { priorities, weights } = place({
      shop,
      callers: ['r1/a'],
      setting: { failover, minClusterSize: 2 },
    });
    assert.deepEqual(priorities, { 'r1/a': 0, 'r1/b': 0, 'r2/a': 2, 'r3/a': 1 });
    assert.equal(weights?.['r1/b'], 50);
  });

  test('of the mesh counts where a rule says nothing of localities; disabled, it takes them out', () => {
    const pair = { shop: ['r/a', 'r/b', 'q/a'], callers: ['r/a', 'r/b'], setting: null };
    const mesh = { zoneAwareLbSetting: { minClusterSize: 2 } };
    assert.deepEqual(place({ ...pair, mesh }).weights, { 'r/a': 100, 'r/b': 0, 'q/a': 0 });
    const off = place({ ...pair, setting: { enabled: false }, mesh });
    assert.deepEqual([off.weights, off.priorities], [null, { 'r/a': 0, 'r/b': 0, 'q/a': 0 }]);
    const balancer = { localityLbSetting: { enabled: false } };
    assert.equal(place({ ...pair, mesh, balancer }).weights, null);
  });

  test('leaves consistent hashing its places, but for regions', () => {
    const balancer = { consistentHash: { useSourceIp: true } };
    const { weights, priorities } = place({ shop: ['r/a', 'r/b', 'q/a'], callers: ['r/a', 'r/b'], balancer });
    assert.deepEqual([weights, priorities], [null, { 'r/a': 0, 'r/b': 0, 'q/a': 1 }]);
  });
});
