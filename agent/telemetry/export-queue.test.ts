import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createManualClock } from '../../base/clock.ts';
import type { Span } from '../../model/span.ts';
import { ExportQueue } from './export-queue.ts';

const span = { name: 'one' } as Span;

function open(answers: readonly boolean[]) {
  const clock = createManualClock();
  const batches: number[] = [];
  const queue = new ExportQueue<Span>(clock, async (spans) => {
    batches.push(spans.length);
    return answers[batches.length - 1] ?? true;
  });
  const pass = async (ms: number) => {
    clock.advance(ms);
    await turn();
  };
  return { queue, batches, pass };
}

describe('spans that wait for their collector', () => {
  it('are sent a second after the first, together', async () => {
    const { queue, batches, pass } = open([]);
    queue.push(span);
    queue.push(span);
    await pass(999);
    assert.deepEqual(batches, []);
    await pass(1);
    assert.deepEqual([batches, queue.sent], [[2], 2]);
  });

  it('are sent again where they did not arrive, ever later, and with what came meanwhile', async () => {
    const { queue, batches, pass } = open([false, false]);
    queue.push(span);
    await pass(1000);
    queue.push(span);
    await pass(1999);
    assert.deepEqual(batches, [1]);
    await pass(1);
    assert.deepEqual(batches, [1, 2]);
    await pass(4000);
    assert.deepEqual([batches, queue.sent, queue.dropped], [[1, 2, 2], 2, 0]);
  });

  it('are given up in the end, so that newer ones get their turn', async () => {
    const { queue, pass } = open([false, false, false, false]);
    queue.push(span);
    for (const ms of [1000, 2000, 4000, 8000]) await pass(ms);
    assert.deepEqual([queue.sent, queue.dropped], [0, 1]);
    queue.push(span);
    await pass(1000);
    assert.equal(queue.sent, 1);
  });

  it('are no more than fit', async () => {
    const { queue, pass } = open([false]);
    for (let count = 0; count < 2300; count++) queue.push(span);
    await pass(0);
    assert.ok(queue.dropped >= 100, String(queue.dropped));
  });
});
