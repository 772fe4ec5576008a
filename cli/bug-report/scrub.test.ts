import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scrub } from './scrub.ts';

const KEY = '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIO\n-----END EC PRIVATE KEY-----';

describe('a bug report does not have', () => {
  const cases: readonly [what: string, text: string, expected: string][] = [
    ['a private key', `a ${KEY} b`, 'a [private key removed] b'],
    ['one within JSON', JSON.stringify({ key: KEY }), '{"key":"[private key removed]"}'],
    ['one that is cut off', '-----BEGIN PRIVATE KEY-----\nMHcC', '[private key removed]'],
    ['a token of a header', 'authorization: Bearer abcdefgh.ijkl', 'authorization: Bearer [removed]'],
    ['a password of a header', 'Authorization=Basic dXNlcjpwYXNz', 'Authorization=Basic [removed]'],
    ['a JSON Web Token', 'got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here', 'got [token removed] here'],
    [
      'a token of a query',
      'GET /a?b=1&access_token=xyz HTTP/1.1',
      'GET /a?b=1&access_token=[removed] HTTP/1.1',
    ],
    ['a cookie', 'cookie: session=abc x', 'cookie: [removed] x'],
  ];
  for (const [what, text, expected] of cases) it(what, () => assert.equal(scrub(text), expected));

  it('but everything else', () => {
    const line =
      '[2026-01-01T00:00:00.000Z] "GET /a?b=c HTTP/1.1" 503 UF - "-" 0 91 3 - "-" "curl" "id" "reviews:9080"';
    assert.equal(scrub(line), line);
  });
});
