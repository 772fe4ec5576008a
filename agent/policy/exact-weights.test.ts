import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createEvenWeights, createSeededWeights, type ExactWeights } from './exact-weights.ts';

function draw(weights: ExactWeights, times: number): number[] {
  return Array.from({ length: times }, () => weights.next());
}

function count(drawn: readonly number[], items: number): number[] {
  return Array.from({ length: items }, (_, item) => drawn.filter((each) => each === item).length);
}

describe('an exact split', () => {
  test('of 90 and 10 gives exactly 10 in each 100, a hundred times', () => {
    const [even, seeded] = [createEvenWeights([90, 10]), createSeededWeights([90, 10], 42)];
    for (let run = 0; run < 100; run++) {
      assert.deepEqual(count(draw(even, 100), 2), [90, 10]);
      assert.deepEqual(count(draw(seeded, 100), 2), [90, 10]);
    }
  });

  test('that is even holds from any request on', () => {
    const drawn = draw(createEvenWeights([50, 30, 20]), 1000);
    for (let start = 0; start <= 900; start++)
      assert.deepEqual(count(drawn.slice(start, start + 100), 3), [50, 30, 20]);
    assert.deepEqual(drawn.slice(0, 10), [0, 1, 2, 0, 0, 1, 0, 2, 1, 0]);
  });

  test('has an order of its own for each seed, the same each time', () => {
    const orderOf = (seed: number) => draw(createSeededWeights([1, 1, 2], seed), 40).join('');
    assert.equal(orderOf(7), orderOf(7));
    assert.notEqual(orderOf(7), orderOf(8));
  });
});
