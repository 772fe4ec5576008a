import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import { CertificateKeeper } from './certificate-keeper.ts';
import { MeshIdentity } from './identity.ts';
import { createTestAuthority } from './testing/test-authority.ts';

const REVIEWS = 'spiffe://cluster.local/ns/default/sa/reviews';
const HOUR_MS = 3_600_000;

async function create() {
  const clock = createManualClock(Date.now());
  const authority = await createTestAuthority(clock.wall);
  const identity = new MeshIdentity();
  const kept: string[] = [];
  let asked = 0;
  let isAway = false;
  const answers: Promise<unknown>[] = [];
  const keeper = new CertificateKeeper({
    ...{ identity, clock, random: () => 0.5 },
    log: createLineLogger(() => {}, clock.wall, 'error'),
    request: async (body) => {
      asked += 1;
      if (isAway) throw new Error('no controller');
      const answer = authority.answer(body, REVIEWS);
      answers.push(answer);
      return answer;
    },
    keep: async ({ chain }) => {
      kept.push(chain);
    },
  });
  return {
    ...{ clock, identity, keeper, kept, authority },
    asked: () => asked,
    setAway: (away: boolean) => {
      isAway = away;
    },
    /** Lets what was asked be answered. */
    settle: async () => {
      await Promise.all(answers);
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a certificate is had before anything else, and kept for a process that crashes', async () => {
  const { keeper, identity, kept } = await create();
  await keeper.ensure();
  assert.equal(identity.held?.spiffeId, REVIEWS);
  assert.deepEqual(kept, [identity.held?.kept.chain]);
});

test('it is replaced at half its life, with a new key', async () => {
  const { keeper, clock, identity, asked, settle } = await create();
  await keeper.ensure();
  const first = identity.held;
  clock.advance(11.9 * HOUR_MS);
  await settle();
  assert.equal(asked(), 1);
  clock.advance(0.2 * HOUR_MS);
  await settle();
  assert.equal(asked(), 2);
  assert.notEqual(identity.held?.kept.key, first?.kept.key);
  assert.ok((identity.held?.validUntilMs ?? 0) > (first?.validUntilMs ?? 0));
});

test('with the controller away it is asked for again until it comes, and the old one stays in force', async () => {
  const { keeper, clock, identity, asked, setAway, settle } = await create();
  await keeper.ensure();
  const first = identity.held;
  setAway(true);
  clock.advance(12.1 * HOUR_MS);
  await settle();
  assert.ok(asked() > 1);
  assert.equal(identity.held, first);
  setAway(false);
  clock.advance(60_000);
  await settle();
  assert.notEqual(identity.held, first);
});

test('another root is trusted at once, and a certificate of it shown when the others trust it too', async () => {
  const { keeper, clock, identity, asked, settle, kept } = await create();
  await keeper.ensure();
  const first = identity.held?.kept;
  keeper.onTrust(first?.trust ?? '');
  clock.advance(20_000);
  assert.equal(asked(), 1);
  keeper.onTrust('others');
  clock.advance(2000);
  await settle();
  assert.equal(asked(), 2);
  assert.equal(identity.held?.kept.chain, first?.chain);
  assert.equal(identity.held?.kept.roots, `${first?.roots}${first?.roots}`);
  clock.advance(10_000);
  await settle();
  assert.equal(asked(), 3);
  assert.notEqual(identity.held?.kept.chain, first?.chain);
  assert.equal(kept.length, 3);
});

test('another trust domain leads to a new certificate at once', async () => {
  const { keeper, clock, asked } = await create();
  await keeper.ensure();
  keeper.onSpiffeId(REVIEWS);
  clock.advance(2000);
  assert.equal(asked(), 1);
  keeper.onSpiffeId('spiffe://shop.example/ns/default/sa/reviews');
  clock.advance(2000);
  assert.equal(asked(), 2);
});
