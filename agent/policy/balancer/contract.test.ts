import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import { createBalancer, type PlacedHost } from './balancer.ts';
import { hashText } from './hash.ts';
import type { BalancerPolicy } from './picker.ts';

/** What every balancer owes its callers, whichever policy it is. */

const POLICIES: readonly BalancerPolicy[] = [
  { policy: 'least-request', tableSize: 0 },
  { policy: 'round-robin', tableSize: 0 },
  { policy: 'random', tableSize: 0 },
  { policy: 'ring-hash', tableSize: 1024 },
  { policy: 'maglev', tableSize: 65537 },
];
const DRAWS = 20_000;

function host(number: number, more: Partial<PlacedHost> = {}): PlacedHost {
  return {
    ...{ key: `10.0.0.${number}:9080`, weight: 1, active: 0, priority: 0, locality: '' },
    ...{ isPickable: true, isOffered: true },
    ...more,
  };
}

const hostsOf = (count: number) => Array.from({ length: count }, (_, index) => host(index + 1));

function balancerOf(policy: BalancerPolicy, hosts: readonly PlacedHost[], panicThreshold = 0) {
  return createBalancer({ ...policy, panicThreshold }, hosts, null, 3);
}

/** How often each host came, for requests of many callers. */
function countPicks(policy: BalancerPolicy, hosts: readonly PlacedHost[], panicThreshold = 0): number[] {
  const { pick } = balancerOf(policy, hosts, panicThreshold);
  const random = createSeededRandom(11);
  const counts = new Map<PlacedHost | null, number>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const picked = pick(random, hashText(`caller ${draw}`));
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  return hosts.map((each) => counts.get(each) ?? 0);
}

const isNear = (count: number, share: number, tolerance: number) =>
  Math.abs(count - share * DRAWS) <= share * DRAWS * tolerance;

for (const policy of POLICIES) {
  describe(policy.policy, () => {
    test('has nobody to offer where there is nobody, and the only one where there is one', () => {
      const [only] = hostsOf(1);
      assert.equal(balancerOf(policy, []).pick(Math.random, 1), null);
      assert.equal(balancerOf(policy, [host(1, { isPickable: false })]).pick(Math.random, 1), null);
      assert.equal(balancerOf(policy, [only as PlacedHost]).pick(Math.random, null), only);
    });

    test('equal hosts get equal shares, by hash and without one', () => {
      for (const count of countPicks(policy, hostsOf(5))) assert.ok(isNear(count, 1 / 5, 0.2), `${count}`);
      const { pick } = balancerOf(policy, hostsOf(2));
      const random = createSeededRandom(5);
      const seen = new Set(Array.from({ length: 50 }, () => pick(random, null)?.key));
      assert.equal(seen.size, 2);
    });

    test('weights are shares', () => {
      const [heavy = 0, light = 0] = countPicks(policy, [host(1, { weight: 3 }), host(2)]);
      assert.ok(isNear(heavy, 3 / 4, 0.1) && isNear(light, 1 / 4, 0.2), `${heavy} : ${light}`);
    });

    test('who is not healthy gets nothing, unless too few are', () => {
      const hosts = [
        host(1),
        host(2, { isPickable: false }),
        host(3, { isPickable: false, isOffered: false }),
      ];
      assert.deepEqual(countPicks(policy, hosts), [DRAWS, 0, 0]);
      const [healthy = 0, ejected = 0, starting] = countPicks(policy, hosts, 60);
      assert.ok(healthy > 0 && ejected > 0);
      assert.equal(starting, 0);
    });

    test('a lower priority gets what the higher one cannot carry', () => {
      const second = [host(8, { priority: 1 }), host(9, { priority: 1 })];
      assert.deepEqual(countPicks(policy, [host(1), ...second]).slice(1), [0, 0]);
      const half = [host(1), host(2, { isPickable: false }), ...second];
      const [first = 0] = countPicks(policy, half);
      // 1 of 2 hosts, times 1.4.
      assert.ok(isNear(first, 0.7, 0.1), `${first}`);
      const none = [host(1, { isPickable: false }), ...second];
      assert.equal(countPicks(policy, none)[0], 0);
    });

    test('localities share by their weights, and lose with their health', () => {
      const hosts = [
        host(1, { locality: 'east' }),
        host(2, { locality: 'west' }),
        host(3, { locality: 'west' }),
        host(4, { locality: 'north' }),
      ];
      const random = createSeededRandom(2);
      const share = (members: readonly PlacedHost[]) => {
        const { pick } = createBalancer({ ...policy, panicThreshold: 0 }, members, { east: 75, west: 25 }, 0);
        let east = 0;
        for (let draw = 0; draw < DRAWS; draw++) {
          const picked = pick(random, hashText(`${draw}`))?.locality;
          assert.notEqual(picked, 'north');
          if (picked === 'east') east += 1;
        }
        return east;
      };
      assert.ok(isNear(share(hosts), 0.75, 0.1));
      const weakWest = hosts.map((each, index) => (index === 1 ? { ...each, isPickable: false } : each));
      // West has half of its hosts: 25 × 0.5 × 1.4 against 75.
      assert.ok(isNear(share(weakWest), 75 / 92.5, 0.1));
    });
  });
}

test('least-request leaves a busy host alone', () => {
  const { pick } = balancerOf({ policy: 'least-request', tableSize: 0 }, [host(1, { active: 9 }), host(2)]);
  const random = createSeededRandom(4);
  const busy = Array.from({ length: 1000 }, () => pick(random, null)).filter((each) => each?.active === 9);
  assert.ok(busy.length > 180 && busy.length < 320, `${busy.length} of 1000: only if drawn twice`);
});

test('least-request weighs the load by weight', () => {
  const heavy = host(1, { active: 3, weight: 4 });
  const { pick } = balancerOf({ policy: 'least-request', tableSize: 0 }, [heavy, host(2, { active: 1 })]);
  const draws = [0.1, 0.9];
  assert.equal(
    pick(() => draws.shift() ?? 0, null),
    heavy,
  );
});

test('round-robin takes turns', () => {
  const hosts = hostsOf(3);
  const { pick } = balancerOf({ policy: 'round-robin', tableSize: 0 }, hosts);
  const order = Array.from({ length: 6 }, () => pick(() => 0, null)?.key);
  assert.deepEqual(order.slice(0, 3).toSorted(), hosts.map(({ key }) => key).toSorted());
  assert.deepEqual(order.slice(0, 3), order.slice(3));
});
