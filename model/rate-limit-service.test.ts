import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../base/random.ts';
import {
  type RateLimitAnswer,
  readAnswer,
  readQuestion,
  writeAnswer,
  writeQuestion,
} from './rate-limit-service.ts';

const QUESTION = {
  domain: 'shop',
  descriptors: [
    {
      entries: [
        ['PATH', '/a'],
        ['who', ''],
      ] as const,
      limit: null,
    },
    { entries: [['rule', 'x']] as const, limit: { requests: 10, unit: 'MINUTE' as const } },
  ],
  hits: 3,
};

const ANSWER: RateLimitAnswer = {
  isOverLimit: true,
  statuses: [
    {
      isOverLimit: true,
      limit: { requests: 1, unit: 'DAY', name: 'daily' },
      remaining: 0,
      resetSeconds: 86_400,
    },
    { isOverLimit: false, limit: null, remaining: 0, resetSeconds: 0 },
  ],
  responseHeaders: [['x-a', '1']],
  requestHeaders: [['x-b', '2']],
  body: Buffer.from('slow down'),
};

test('questions and answers come back as they were', () => {
  assert.deepEqual(readQuestion(writeQuestion(QUESTION)), QUESTION);
  assert.deepEqual(readAnswer(writeAnswer(ANSWER)), ANSWER);
  const plain = {
    ...ANSWER,
    isOverLimit: false,
    statuses: [],
    responseHeaders: [],
    requestHeaders: [],
    body: Buffer.alloc(0),
  };
  assert.deepEqual(readAnswer(writeAnswer(plain)), plain);
});

test('what is neither yes nor no is no answer', () => {
  assert.equal(readAnswer(Buffer.alloc(0)), null);
  assert.equal(readAnswer(Buffer.from([8, 0])), null);
});

test('any bytes are read or refused, never thrown at', () => {
  const random = createSeededRandom(5);
  const originals = [writeQuestion(QUESTION), writeAnswer(ANSWER)];
  for (let round = 0; round < 4000; round++) {
    const bytes = Buffer.from(originals[round % 2] as Buffer);
    for (let edits = 0; edits < 3; edits++)
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    readQuestion(bytes);
    readAnswer(bytes);
  }
});
