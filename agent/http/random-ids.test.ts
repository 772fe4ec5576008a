import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandomHex, createRequestIds } from './random-ids.ts';

test('request ids are UUIDs of version 4, each another one', () => {
  const createId = createRequestIds();
  const ids = Array.from({ length: 1000 }, createId);
  for (const id of ids)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test('random digits are as many as were asked for, and come only once', () => {
  const randomHex = createRandomHex();
  const ids = Array.from({ length: 3000 }, (_, index) => randomHex(index % 2 === 0 ? 8 : 16));
  ids.forEach((id, index) => {
    assert.match(id, index % 2 === 0 ? /^[0-9a-f]{16}$/ : /^[0-9a-f]{32}$/);
  });
  assert.equal(new Set(ids.map((id) => id.slice(0, 16))).size, ids.length);
});
