import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashText } from './hash.ts';

test('texts hash as the specification of xxHash32 says, of any length', () => {
  const known: readonly [string, number][] = [
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ];
  for (const [text, hash] of known) assert.equal(hashText(text), hash, text);
});

test('another seed gives another hash', () => {
  assert.notEqual(hashText('10.0.0.1:80', 1), hashText('10.0.0.1:80'));
});
