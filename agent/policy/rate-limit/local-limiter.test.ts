import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LocalDescriptorSpec, TokenBucketSpec } from '../../../model/rate-limit.ts';
import { type BucketsSpec, LocalLimiter } from './local-limiter.ts';
import { networkOf } from './network.ts';
import { OpenBuckets } from './open-buckets.ts';
import { TokenBucket } from './token-bucket.ts';

const bucket = (maxTokens: number, change: Partial<TokenBucketSpec> = {}): TokenBucketSpec => ({
  ...{ maxTokens, tokensPerFill: maxTokens, fillIntervalMs: 60_000 },
  ...change,
});
const listed = (max: number, ...entries: [string, string][]): LocalDescriptorSpec => ({
  entries,
  bucket: bucket(max),
});
const described = (...entries: [string, string][]) => ({ entries, limit: null });

function limiter(change: Partial<BucketsSpec>): LocalLimiter {
  return new LocalLimiter(
    {
      ...{ bucket: null, descriptors: [], alwaysTakesDefault: true, maxOpenValues: 2, takesAllOrNone: false },
      ...change,
    },
    0,
  );
}

/** How many of `tries` requests pass. */
function passing(limits: LocalLimiter, tries: number, nowMs: number, ...entries: [string, string][]): number {
  const descriptors = entries.length === 0 ? [] : [described(...entries)];
  let passed = 0;
  for (let each = 0; each < tries; each++) if (limits.decide(descriptors, nowMs).isAllowed) passed += 1;
  return passed;
}

describe('a bucket', () => {
  test('begins full, and fills evenly', () => {
    const tokens = new TokenBucket(bucket(4), 0);
    const take = (nowMs: number) =>
      Array.from({ length: 6 }, () => tokens.take(nowMs)).filter(Boolean).length;
    assert.equal(take(0), 4);
    assert.equal(tokens.msToNext(0), 15_000);
    assert.equal(take(14_999), 0);
    assert.equal(take(15_000), 1);
    assert.equal(take(45_000), 2);
    assert.equal(take(10_000_000), 4);
  });

  test('is not filled by looking at it often', () => {
    const tokens = new TokenBucket(bucket(1, { fillIntervalMs: 1000 }), 0);
    tokens.take(0);
    for (let now = 1; now < 1000; now++) assert.equal(tokens.has(now), false, `at ${now} ms`);
    assert.equal(tokens.remaining(1000), 1);
  });

  test('does not mind a clock that goes back', () => {
    const tokens = new TokenBucket(bucket(1), 5000);
    tokens.take(5000);
    assert.equal(tokens.remaining(0), 0);
  });
});

describe('a local limit', () => {
  test('without descriptors counts all requests', () => {
    assert.equal(passing(limiter({ bucket: bucket(3) }), 5, 0), 3);
    assert.equal(passing(limiter({}), 5, 0), 5);
  });

  test('counts a descriptor that is listed apart, and takes of the rest too unless told otherwise', () => {
    const descriptors = [listed(2, ['who', 'amy'])];
    const both = limiter({ bucket: bucket(3), descriptors });
    assert.equal(passing(both, 5, 0, ['who', 'amy']), 2);
    assert.equal(passing(both, 5, 0, ['who', 'bob']), 1);
    const apart = limiter({ bucket: bucket(3), descriptors, alwaysTakesDefault: false });
    assert.equal(passing(apart, 5, 0, ['who', 'amy']), 2);
    assert.equal(passing(apart, 5, 0, ['who', 'bob']), 3);
  });

  test('asks for the very entries, in order', () => {
    const limits = limiter({ descriptors: [listed(1, ['a', '1'], ['b', '2'])] });
    assert.equal(passing(limits, 3, 0, ['b', '2'], ['a', '1']), 3);
    assert.equal(passing(limits, 3, 0, ['a', '1']), 3);
    assert.equal(passing(limits, 3, 0, ['a', '1'], ['b', '2']), 1);
  });

  test('gives each open value a bucket', () => {
    const limits = limiter({ descriptors: [listed(1, ['kind', 'api'], ['who', ''])] });
    assert.equal(passing(limits, 3, 0, ['kind', 'api'], ['who', 'amy']), 1);
    assert.equal(passing(limits, 3, 0, ['kind', 'api'], ['who', 'bob']), 1);
    assert.equal(passing(limits, 3, 0, ['kind', 'web'], ['who', 'bob']), 3);
  });

  test('takes of the slowest bucket first, or of none where it is all or none', () => {
    const descriptors = [listed(5, ['a', '1']), listed(1, ['b', '1'])];
    const both = [described(['a', '1']), described(['b', '1'])];
    const left = (takesAllOrNone: boolean) => {
      const limits = limiter({ descriptors: [...descriptors].reverse(), takesAllOrNone });
      for (let each = 0; each < 3; each++) limits.decide(both, 0);
      return passing(limits, 9, 0, ['a', '1']);
    };
    assert.equal(left(false), 4);
    assert.equal(left(true), 4);
    const fast = [
      listed(1, ['a', '1']),
      { ...listed(9, ['b', '1']), bucket: bucket(9, { tokensPerFill: 1 / 9 }) },
    ];
    const slowLeft = (takesAllOrNone: boolean) => {
      const limits = limiter({ descriptors: fast, takesAllOrNone });
      for (let each = 0; each < 3; each++) limits.decide(both, 0);
      return passing(limits, 20, 0, ['b', '1']);
    };
    // The slow one is asked first, and has been taken of when the fast one refuses.
    assert.equal(slowLeft(false), 6);
    assert.equal(slowLeft(true), 8);
  });
});

test('open values are bounded: the one used least recently begins anew', () => {
  const buckets = new OpenBuckets(listed(1, ['who', '']), 2);
  const take = (who: string) => buckets.of(who, 0).take(0);
  assert.deepEqual(
    [take('a'), take('b'), take('a'), take('c'), take('a'), take('b')],
    [true, true, false, true, false, true],
  );
  assert.equal(buckets.size, 2);
});

test('networks are written as Envoy writes them', () => {
  assert.equal(networkOf('10.1.2.3', 24, 64), '10.1.2.0/24');
  assert.equal(networkOf('10.1.2.3', 32, 64), '10.1.2.3/32');
  assert.equal(networkOf('10.1.2.3', 0, 64), '0.0.0.0/0');
  assert.equal(networkOf('10.1.2.3', 9, 64), '10.0.0.0/9');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6', 24, 64), '2001:db8:1:2::/64');
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6', 24, 128), '2001:db8:1:2:3:4:5:6/128');
  assert.equal(networkOf('::1', 24, 128), '::1/128');
  assert.equal(networkOf('fe80::1', 24, 0), '::/0');
  assert.equal(networkOf('nowhere', 24, 64), null);
});
