import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedTimeoutMs } from './expected-timeout.ts';

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
