import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { FlushQueue } from './flush-queue.ts';
import { createTurnClock } from './turn-clock.ts';

test('the time stands still while a read is handled, and nowhere else', () => {
  const clock = createManualClock();
  const queue = new FlushQueue();
  const { now } = createTurnClock(clock, queue);
  const readAfter = (ms: number) => {
    clock.advance(ms);
    return now();
  };
  assert.equal(readAfter(1), 1);
  assert.equal(readAfter(1), 2);
  queue.run(() => {
    assert.equal(readAfter(1), 3);
    queue.run(() => assert.equal(readAfter(1), 3));
    assert.equal(readAfter(1), 3);
  });
  assert.equal(readAfter(1), 6);
  queue.run(() => assert.equal(readAfter(1), 7, 'another read'));
});
