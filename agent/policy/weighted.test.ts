import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../base/random.ts';
import { decideFault } from './fault.ts';
import { createWeightedChoice, pickWeighted } from './weighted.ts';

/** Sum of (seen − expected)² / expected. */
function chiSquare(seen: readonly number[], weights: readonly number[]): number {
  const draws = seen.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return seen.reduce((sum, count, index) => {
    const expected = (draws * (weights[index] as number)) / total;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

describe('a choice by weight', () => {
  // Upper 0.1 % of the chi-square distribution with 1, 2, 3 and 9 degrees of freedom.
  const CRITICAL: Record<number, number> = { 1: 10.83, 2: 13.82, 3: 16.27, 9: 27.88 };
  for (const weights of [
    [80, 10, 10],
    [1, 99],
    [1, 1, 1, 1],
    [3, 7],
    [10_000, 1, 5],
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  ]) {
    test(`of ${weights.join(', ')} keeps the proportions`, () => {
      const choice = createWeightedChoice(weights.map((weight, index) => [index, weight] as const));
      const random = createSeededRandom(2026);
      const seen = weights.map(() => 0);
      for (let draw = 0; draw < 100_000; draw++) {
        const index = pickWeighted(choice, random());
        seen[index] = (seen[index] as number) + 1;
      }
      const statistic = chiSquare(seen, weights);
      assert.ok(statistic < (CRITICAL[weights.length - 1] as number), `${seen}: ${statistic}`);
    });
  }

  test('never takes weight 0, and takes a single one whatever it weighs', () => {
    const choice = createWeightedChoice([
      ['a', 0],
      ['b', 1],
      ['c', 0],
      ['d', 1],
      ['e', 0],
    ]);
    const picks = [0, 0.499999, 0.5, 0.999999].map((random) => pickWeighted(choice, random));
    assert.deepEqual(picks, ['b', 'b', 'd', 'd']);
    assert.equal(pickWeighted(createWeightedChoice([['a', 0]]), 0.5), 'a');
  });
});

describe('a fault', () => {
  const spec = (delay: number | null, abort: number | null) => ({
    delay: delay === null ? null : { fixedMs: 7, perMillion: delay },
    abort: abort === null ? null : { status: 418, grpcStatus: null, perMillion: abort },
  });

  test('of all requests always happens, of none never', () => {
    for (const random of [0, 0.5, 0.9999999]) {
      assert.deepEqual(
        decideFault(spec(1_000_000, null), () => random),
        { delayMs: 7, abort: null },
      );
      assert.equal(decideFault(spec(null, 1_000_000), () => random).abort?.status, 418);
      assert.deepEqual(
        decideFault(spec(0, 0), () => random),
        { delayMs: 0, abort: null },
      );
    }
  });

  test('draws delay and abort apart', () => {
    const random = createSeededRandom(3);
    const seen = [0, 0, 0, 0];
    for (let draw = 0; draw < 100_000; draw++) {
      const { delayMs, abort } = decideFault(spec(500_000, 200_000), random);
      const index = (delayMs > 0 ? 2 : 0) + (abort === null ? 0 : 1);
      seen[index] = (seen[index] as number) + 1;
    }
    assert.ok(chiSquare(seen, [40, 10, 40, 10]) < 16.27, String(seen));
  });

  test('as rare as one in a million is one', () => {
    const once = spec(null, 1);
    assert.notEqual(decideFault(once, () => 0.0000009).abort, null);
    assert.equal(decideFault(once, () => 0.000001).abort, null);
  });
});
