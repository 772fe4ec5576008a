import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { LocalityLbSetting } from '../../../istio/schema/destination-rule.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

const NAME = 'outbound|80||shop.default.svc.cluster.local';

/** Endpoints of `shop`: one for each locality, called after it. */
function place(
  caller: string,
  localities: readonly string[],
  setting: LocalityLbSetting | null,
  { outlier = true, mesh = {} as Partial<MeshConfig>, labels = {} } = {},
) {
  const blocks = {
    ...(outlier ? { outlierDetection: {} } : {}),
    ...(setting === null ? {} : { loadBalancer: { localityLbSetting: setting } }),
    connectionPool: { tcp: { maxConnections: 9 } },
  };
  const config = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec: ${JSON.stringify({ host: 'shop', trafficPolicy: blocks })}
`;
  const members = localities.map((locality, index) =>
    workload(`${String.fromCharCode(97 + index)}`, {
      locality,
      labels: { tier: locality.startsWith('r1') ? 'gold' : 'tin' },
    }),
  );
  const shop = service('shop', { members: members.map(({ id }) => id) });
  const client = workload('z', { locality: caller, labels });
  const world = createWorld([shop], [...members, client], config, mesh);
  const endpoints = snapshotOf(world, 'z').endpoint.get(NAME);
  return {
    weights: endpoints?.localityWeights,
    priorities: Object.fromEntries(
      (endpoints?.endpoints ?? []).map(({ locality, priority }) => [locality, priority]),
    ),
  };
}

const NEAR_TO_FAR = ['r1/z1/s1', 'r1/z1/s2', 'r1/z2/s1', 'r2/z1/s1'];

describe('failover', () => {
  test('goes by subzone, zone and region', () => {
    const { priorities, weights } = place('r1/z1/s1', NEAR_TO_FAR, null);
    assert.deepEqual(priorities, { 'r1/z1/s1': 0, 'r1/z1/s2': 1, 'r1/z2/s1': 2, 'r2/z1/s1': 3 });
    assert.equal(weights, null);
  });

  test('leaves no gaps between priorities', () => {
    assert.deepEqual(place('r1/z1/s1', ['r1/z1/s2', 'r2', 'r3'], null).priorities, {
      ...{ 'r1/z1/s2': 0, r2: 1, r3: 1 },
    });
  });

  test('needs outlierDetection, and can be switched off', () => {
    const none = { 'r1/z1/s1': 0, 'r2/z1/s1': 0 };
    const two = ['r1/z1/s1', 'r2/z1/s1'];
    assert.deepEqual(place('r1/z1/s1', two, null, { outlier: false }).priorities, none);
    assert.deepEqual(place('r1/z1/s1', two, { enabled: false }).priorities, none);
    const mesh = { localityLbSetting: { enabled: false } };
    assert.deepEqual(place('r1/z1/s1', two, null, { mesh }).priorities, none);
    assert.deepEqual(place('r1/z1/s1', two, {}, { mesh }).priorities, { 'r1/z1/s1': 0, 'r2/z1/s1': 1 });
  });

  test('prefers the region that failover names', () => {
    const setting = { failover: [{ from: 'r1', to: 'r3' }] };
    assert.deepEqual(place('r1/z1/s1', ['r1/z1/s1', 'r2', 'r3'], setting).priorities, {
      ...{ 'r1/z1/s1': 0, r3: 1, r2: 2 },
    });
  });

  test('without a locality of anybody changes nothing', () => {
    assert.deepEqual(place('', ['', ''], null).priorities, { '': 0 });
  });
});

describe('failoverPriority', () => {
  test('counts the labels that match, from the first on', () => {
    const setting = { failoverPriority: ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'] };
    assert.deepEqual(place('r1/z1', ['r1/z1', 'r1/z2', 'r2/z1'], setting).priorities, {
      ...{ 'r1/z1': 0, 'r1/z2': 1, 'r2/z1': 2 },
    });
  });

  test('takes the caller’s labels, or a value that is written out', () => {
    const own = place('r2', ['r1', 'r2'], { failoverPriority: ['tier'] }, { labels: { tier: 'gold' } });
    assert.deepEqual(own.priorities, { r1: 0, r2: 1 });
    assert.deepEqual(place('r2', ['r1', 'r2'], { failoverPriority: ['tier=tin'] }).priorities, {
      r2: 0,
      r1: 1,
    });
  });

  test('comes before failover by region where both are there', () => {
    const setting = { failoverPriority: ['tier=tin'], failover: [{ from: 'r1', to: 'r3' }] };
    assert.deepEqual(place('r1', ['r1', 'r2', 'r3'], setting).priorities, { r3: 0, r2: 1, r1: 2 });
  });
});

describe('distribute', () => {
  const setting = {
    distribute: [
      { from: 'r9', to: { r9: 100 } },
      { from: 'r1/*', to: { 'r1/z1/*': 70, 'r2/*': 30 } },
    ],
  };

  test('gives localities their shares; those left out get nothing; outlierDetection is not needed', () => {
    const { weights, priorities } = place('r1/z1/s1', ['r1/z1/s1', 'r1/z2/s1', 'r2/z1'], setting, {
      outlier: false,
    });
    assert.deepEqual(weights, { 'r1/z1/s1': 70, 'r2/z1': 30 });
    assert.deepEqual(Object.keys(priorities), ['r1/z1/s1', 'r2/z1']);
  });

  test('divides the share of a wildcard among its places by their size', () => {
    const localities = ['r1/z1/s1', 'r1/z1/s1', 'r1/z1/s2', 'r2'];
    const { weights } = place('r1/z1/s1', localities, setting);
    assert.deepEqual(weights, { 'r1/z1/s1': 47, 'r1/z1/s2': 24, r2: 30 });
  });

  test('does nothing for a caller from elsewhere', () => {
    const { weights, priorities } = place('r3', ['r1/z1/s1', 'r2'], setting);
    assert.equal(weights, null);
    assert.deepEqual(priorities, { 'r1/z1/s1': 0, r2: 0 });
  });

  test('of the mesh holds where the rule has no setting of its own', () => {
    const mesh = { localityLbSetting: setting };
    assert.deepEqual(place('r1/z1/s1', ['r1/z1/s1', 'r2'], null, { mesh }).weights, {
      'r1/z1/s1': 70,
      r2: 30,
    });
    assert.equal(place('r1/z1/s1', ['r1/z1/s1', 'r2'], {}, { mesh }).weights, null);
  });
});
