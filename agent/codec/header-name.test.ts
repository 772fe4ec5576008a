import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNamed } from './header-name.ts';

/** All characters that a name may hold (RFC 9110 §5.6.2). */
const TOKEN = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

test('any two characters of a name are the same as in lower case', () => {
  for (const a of TOKEN) {
    for (const b of TOKEN.toLowerCase())
      assert.equal(isNamed(`x${a}`, `x${b}`), a.toLowerCase() === b, `${a} and ${b}`);
  }
});

test('a name is compared as a whole', () => {
  assert.equal(isNamed('Content-TYPE', 'content-type'), true);
  assert.equal(isNamed('content-typ', 'content-type'), false);
  assert.equal(isNamed('content-types', 'content-type'), false);
  assert.equal(isNamed('', ''), true);
});
