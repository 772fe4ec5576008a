import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { RequestWindow } from './request-window.ts';

test('counts what began in the interval, and forgets it a tenth at a time', () => {
  const clock = createManualClock();
  let total = 5;
  const window = new RequestWindow(clock, 1000, () => total);
  assert.equal(window.count, 0);
  total += 20;
  assert.equal(window.count, 20);
  clock.advance(500);
  total += 10;
  assert.equal(window.count, 30);
  clock.advance(500);
  assert.equal(window.count, 10);
  clock.advance(500);
  assert.equal(window.count, 0);
  window.close();
  clock.advance(10_000);
  total += 3;
  assert.equal(window.count, 3);
});
