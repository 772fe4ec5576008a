import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GeneratedCookieSpec, HashPolicySpec } from '../../model/route.ts';
import type { RequestHead } from '../codec/head.ts';
import { createHashPolicies } from './hash-policy.ts';

const PEER = { remoteAddress: '10.0.0.7', remotePort: 4711, localAddress: '10.0.0.8', localPort: 80 };
const header = (name: string): HashPolicySpec => ({ kind: 'header', name, cookie: null });
const cookie = (made: GeneratedCookieSpec | null): HashPolicySpec => ({
  kind: 'cookie',
  name: 'sid',
  cookie: made,
});

const head = (headers: string[] = [], path = '/'): RequestHead => ({
  ...{ method: 'GET', path, authority: 'shop', version: 'HTTP/1.1', headers },
  ...{ contentLength: -3, upgrade: '', expectContinue: false },
});

const hashOf = (specs: HashPolicySpec[], request: RequestHead, peer = PEER) =>
  createHashPolicies(specs)?.(request, peer, peer.remoteAddress) ?? assert.fail('no policies');

test('a route without policies hashes nothing', () => {
  assert.equal(createHashPolicies([]), null);
});

describe('what is hashed', () => {
  test('a header: equal values, equal hashes, whatever the case of its name; absent, none', () => {
    const one = hashOf([header('x-user')], head(['X-User', 'ann'])).hash;
    assert.equal(hashOf([header('x-user')], head(['x-user', 'ann', 'x-other', '1'])).hash, one);
    assert.notEqual(hashOf([header('x-user')], head(['x-user', 'bob'])).hash, one);
    assert.equal(hashOf([header('x-user')], head()).hash, null);
  });

  test('the order of a header’s lines does not matter', () => {
    const hash = (...values: string[]) =>
      hashOf([header('x-user')], head(values.flatMap((value) => ['x-user', value]))).hash;
    assert.equal(hash('a', 'b'), hash('b', 'a'));
  });

  test('a query parameter, the caller’s address, Host', () => {
    const query: HashPolicySpec = { kind: 'query', name: 'u', cookie: null };
    assert.equal(hashOf([query], head([], '/?a=1&u=x')).hash, hashOf([query], head([], '/other?u=x')).hash);
    assert.equal(hashOf([query], head([], '/?uu=x')).hash, null);
    const address: HashPolicySpec = { kind: 'source-ip', name: '', cookie: null };
    assert.equal(hashOf([address], head()).hash, hashOf([address], head(), { ...PEER, remotePort: 1 }).hash);
    const other = { ...PEER, remoteAddress: '10.0.0.9' };
    assert.notEqual(hashOf([address], head()).hash, hashOf([address], head(), other).hash);
    assert.notEqual(hashOf([header('host')], head()).hash, null);
  });

  test('several policies go together, and those that find nothing are left out', () => {
    const both = [header('x-user'), header('x-shop')];
    const request = head(['x-user', 'ann', 'x-shop', 'ann']);
    assert.notEqual(hashOf(both, request).hash, 0);
    assert.notEqual(hashOf(both, request).hash, hashOf([header('x-user')], request).hash);
    const half = head(['x-shop', 'ann']);
    assert.equal(hashOf(both, half).hash, hashOf([header('x-shop')], half).hash);
  });
});

describe('a cookie', () => {
  const lasting = {
    ttlMs: 90_500,
    path: '/shop',
    attributes: [['SameSite', 'Lax'] as const, ['Secure', ''] as const],
  };

  test('that the caller sends is hashed, quoted or not, and none is made', () => {
    const plain = hashOf([cookie(lasting)], head(['cookie', 'a=1; sid=42']));
    assert.deepEqual(plain.cookies, []);
    assert.equal(hashOf([cookie(lasting)], head(['cookie', 'a=1', 'cookie', 'sid="42"'])).hash, plain.hash);
  });

  test('is made with its attributes where a lifetime is given, and hashes as it will when it comes back', () => {
    const { hash, cookies } = hashOf([cookie(lasting)], head());
    assert.match(
      cookies[0] ?? '',
      /^sid="[0-9a-f]{16}"; Max-Age=90; Path=\/shop; SameSite=Lax; Secure; HttpOnly$/,
    );
    const value = /"(.*?)"/.exec(cookies[0] ?? '')?.[1];
    assert.equal(hashOf([cookie(lasting)], head(['cookie', `sid=${value}`])).hash, hash);
  });

  test('of 0s lasts until the browser is closed', () => {
    const { cookies } = hashOf([cookie({ ttlMs: 0, path: '', attributes: [] })], head());
    assert.match(cookies[0] ?? '', /^sid="[0-9a-f]{16}"; HttpOnly$/);
  });

  test('without a lifetime is never made', () => {
    assert.deepEqual(hashOf([cookie(null)], head(['cookie', 'other=1'])), { hash: null, cookies: [] });
  });
});
