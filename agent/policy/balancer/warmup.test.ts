import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warmth } from './warmup.ts';

const SPEC = { durationMs: 60_000, minimumPercent: 10, aggression: 1 };

test('a new host begins with the minimum, grows in step with time, and is warm at the end', () => {
  assert.deepEqual(
    [0, 3000, 15_000, 30_000, 59_999, 60_000, 90_000].map((ageMs) => Math.round(100 * warmth(SPEC, ageMs))),
    [10, 10, 25, 50, 100, 100, 100],
  );
  assert.equal(warmth(SPEC, 60_000), 1);
});

test('aggression above 1 makes it grow fast first, below 1 slowly', () => {
  assert.equal(warmth({ ...SPEC, aggression: 2 }, 15_000), 0.5);
  assert.equal(warmth({ ...SPEC, aggression: 0.5 }, 30_000), 0.25);
});

test('a minimum of 0 still lets a first request through', () => {
  assert.ok(warmth({ ...SPEC, minimumPercent: 0 }, 0) > 0);
});
