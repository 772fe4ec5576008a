import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLabels, Histogram } from './metrics.ts';

test('labels are escaped', () => {
  assert.equal(formatLabels([['a', 'x"y\\z\n']]), 'a="x\\"y\\\\z\\n"');
});

test('a bucket remembers the last trace that was counted in it', () => {
  const histogram = new Histogram('', [1, 10]);
  for (const [value, traceId] of [
    [0.5, 'a'],
    [5, 'b'],
    [6, 'c'],
  ] as const) {
    histogram.observe(value);
    histogram.exemplify({ traceId, value, seenAt: 1 });
  }
  assert.deepEqual(
    histogram.exemplars?.map((each) => each?.traceId),
    ['a', 'c'],
  );
});
