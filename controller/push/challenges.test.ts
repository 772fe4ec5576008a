import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { proofLine } from '../../model/proof.ts';
import { Challenges } from './challenges.ts';

function create(logs: Readonly<Record<string, string[]>> = { shop: [], thief: [] }) {
  const clock = createManualClock();
  const looks: string[] = [];
  const challenges = new Challenges({
    now: clock.now,
    readErrors: async (container) => {
      looks.push(container);
      return logs[container] ?? [];
    },
  });
  return { challenges, clock, logs, looks };
}

test('what is in its log proves a container, once', async () => {
  const { challenges, logs } = create();
  const challenge = challenges.issue('shop');
  logs['shop']?.push('lateen: something else', proofLine(challenge));
  assert.equal(await challenges.settle(challenge), 'shop');
  assert.equal(await challenges.settle(challenge), null);
});

test('a proof that Docker copies a moment late is waited for', async () => {
  const { challenges, logs } = create();
  const challenge = challenges.issue('shop');
  setTimeout(() => logs['shop']?.push(proofLine(challenge)), 30);
  assert.equal(await challenges.settle(challenge), 'shop');
});

test('the log of the caller says nothing of the container that it claims to be', async () => {
  const { challenges, logs, looks } = create();
  const challenge = challenges.issue('shop');
  logs['thief']?.push(proofLine(challenge));
  assert.equal(await challenges.settle(challenge), null);
  assert.ok(looks.every((container) => container === 'shop'));
});

test('a line that has the proof within it proves nothing: others may have made the proxy print it', async () => {
  const { challenges, logs } = create();
  const challenge = challenges.issue('shop');
  logs['shop']?.push(`"GET /${proofLine(challenge)}"`, challenge);
  assert.equal(await challenges.settle(challenge), null);
});

test('a challenge that was never given, or too long ago, is not even looked up', async () => {
  const { challenges, clock, logs, looks } = create();
  const challenge = challenges.issue('shop');
  logs['shop']?.push(proofLine(challenge), proofLine('invented'));
  clock.advance(30_001);
  assert.equal(await challenges.settle(challenge), null);
  assert.equal(await challenges.settle('invented'), null);
  assert.deepEqual(looks, []);
});
