import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capTimeoutMs, expectedTimeoutMs } from './expected-timeout.ts';

test('a host is told the shorter of what is left of the timeout and the per-try timeout', () => {
  assert.equal(expectedTimeoutMs(0, 0, 0), 0);
  assert.equal(expectedTimeoutMs(300, 0, 0), 300);
  assert.equal(expectedTimeoutMs(0, 200, 50), 200);
  assert.equal(expectedTimeoutMs(300, 200, 50), 200);
  assert.equal(expectedTimeoutMs(300, 200, 150.4), 149);
});

test('a host is never told 0, which would mean no limit', () => {
  assert.equal(expectedTimeoutMs(300, 0, 300), 1);
});

test("a caller's timeout is at most the route's; 0 is none in both", () => {
  assert.deepEqual(
    [
      [0, 0],
      [0, 5],
      [5, 0],
      [3, 5],
      [5, 3],
    ].map(([asked = 0, route = 0]) => capTimeoutMs(asked, route)),
    [0, 5, 5, 3, 3],
  );
});
