import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlushQueue } from './flush-queue.ts';

test('a connection of one caller is written at the end of each read, one that many share behind all of them', async () => {
  const queue = new FlushQueue();
  const flushed: string[] = [];
  const own = { flush: () => flushed.push('own') };
  const shared = { flush: () => flushed.push('shared') };
  for (let read = 0; read < 3; read++) {
    queue.run(() => {
      queue.add(own);
      if (read === 0) queue.addShared(shared);
    });
  }
  assert.deepEqual(flushed, ['own', 'own', 'own']);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(flushed, ['own', 'own', 'own', 'shared']);
  // What its flush causes leaves as well.
  queue.addShared({ flush: () => queue.add(own) });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(flushed, ['own', 'own', 'own', 'shared', 'own']);
});
