import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BODY_NOT_TOLD, BODY_UNTIL_CLOSE, type RequestHead, type ResponseHead } from '../../codec/head.ts';
import { readCacheControl } from './cache-control.ts';
import { ageMs, mayUseUnasked } from './freshness.ts';
import { makeStored, refreshStored } from './make-stored.ts';
import { invalidates, isBypassed, isSafe, isStorable, requestControl } from './storable.ts';
import type { StoredResponse } from './stored-response.ts';
import { askIfChanged, isNotModified } from './validation.ts';
import { selectResponse, varyFields } from './vary.ts';

/** RFC 9111, rule by rule. The wall clock stands at this. */
const WALL_MS = Date.parse('Mon, 01 Jun 2026 12:00:00 GMT');
const TIMES = { requestedAtMs: 0, receivedAtMs: 0, wallMs: WALL_MS };
const cc = (value: string) => ['cache-control', value];

function head(headers: string[], change: Partial<ResponseHead> = {}): ResponseHead {
  return { status: 200, reason: '', version: 'HTTP/1.1', headers, contentLength: 2, upgrade: '', ...change };
}

function stored(headers: string[], times = TIMES): StoredResponse {
  const parts = { uri: 'http://a/', scope: '', status: 200, vary: [], body: Buffer.from('ok') };
  return makeStored({ ...parts, headers }, times);
}

describe('Cache-Control', () => {
  const cases: readonly (readonly [lines: string[], Record<string, string>])[] = [
    [[], {}],
    [['max-age=5'], { 'max-age': '5' }],
    [['Max-Age=5 , PRIVATE'], { 'max-age': '5', private: '' }],
    [['max-age=5', 'public'], { 'max-age': '5', public: '' }],
    [['max-age="5"'], { 'max-age': '5' }],
    [['no-cache="a, b", max-age=1'], { 'no-cache': 'a, b', 'max-age': '1' }],
    [['max-age=1, max-age=2'], { 'max-age': '1' }],
    [[',,x=,'], { x: '' }],
  ];
  for (const [lines, expected] of cases)
    test(lines.join(' | ') || 'absent', () => {
      const headers = lines.flatMap((line) => ['Cache-Control', line]);
      assert.deepEqual(Object.fromEntries(readCacheControl(headers)), expected);
    });

  test('Pragma counts in requests alone, and only without it', () => {
    assert.ok(requestControl(['pragma', 'no-cache']).has('no-cache'));
    assert.ok(!requestControl(['pragma', 'no-cache', ...cc('max-age=1')]).has('no-cache'));
  });
});

describe('an answer is stored', () => {
  type Case = readonly [title: string, head: ResponseHead, expected: boolean, isAuthorized?: boolean];
  const tag = ['etag', '"1"'];
  const cases: readonly Case[] = [
    ['with a lifetime', head(cc('max-age=1')), true],
    ['with one for shared caches', head(cc('max-age=0, s-maxage=1')), true],
    ['with Expires', head(['expires', 'Mon, 01 Jun 2026 12:00:09 GMT']), true],
    ['with a validator alone', head(tag), true],
    ['to be asked about each time', head([...cc('no-cache'), ...tag]), true],
    ['of any length that is known to end', head(cc('max-age=1'), { contentLength: -1 }), true],
    ['if it is an error that lasts', head(cc('max-age=1'), { status: 404 }), true],
    ['not without either', head([]), false],
    ['not without a lifetime left', head(cc('max-age=0')), false],
    ['not with a lifetime that is no number', head(cc('max-age=soon')), false],
    ['not against no-store', head([...cc('max-age=1, no-store'), ...tag]), false],
    ['not against private', head(cc('max-age=1, private')), false],
    ['not against private for a field', head(cc('max-age=1, private="x-a"')), false],
    ['not with a cookie', head([...cc('max-age=1'), 'set-cookie', 'a=b']), false],
    ['not in part', head(cc('max-age=1'), { status: 206 }), false],
    ['not with an unknown status', head(cc('max-age=1'), { status: 299 }), false],
    ['not if it fails for now', head(cc('max-age=1'), { status: 503 }), false],
    ['not if the connection ends it', head(cc('max-age=1'), { contentLength: BODY_UNTIL_CLOSE }), false],
    ['not with Vary: *', head([...cc('max-age=1'), 'vary', '*']), false],
    ['not with Authorization', head(cc('max-age=1')), false, true],
    ['with Authorization and public', head(cc('max-age=1, public')), true, true],
    ['with Authorization and s-maxage', head(cc('s-maxage=1')), true, true],
    ['with Authorization and must-revalidate', head(cc('max-age=1, must-revalidate')), true, true],
  ];
  for (const [title, response, expected, isAuthorized = false] of cases)
    test(title, () => {
      assert.equal(isStorable(response, readCacheControl(response.headers), isAuthorized), expected);
    });
});

test('requests that only the host can answer pass by', () => {
  const request: RequestHead = {
    ...{ method: 'GET', path: '/', authority: 'a', version: 'HTTP/1.1', headers: [], upgrade: '' },
    ...{ contentLength: BODY_NOT_TOLD, expectContinue: false },
  };
  const passes = (headers: string[], change: Partial<RequestHead> = {}, hasBody = false) =>
    isBypassed({ ...request, headers, ...change }, hasBody, readCacheControl(headers));
  assert.ok(!passes([]));
  assert.ok(!passes(['if-none-match', '"1"', 'if-modified-since', 'x']));
  for (const name of ['range', 'if-range', 'if-match', 'if-unmodified-since']) assert.ok(passes([name, 'x']));
  assert.ok(passes(cc('no-store')));
  assert.ok(passes([], {}, true));
  assert.ok(passes([], { upgrade: 'websocket' }));
});

test('methods that may change something invalidate, if they succeed', () => {
  assert.deepEqual(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'POST', 'PUT', 'DELETE', 'X'].filter(isSafe), [
    ...['GET', 'HEAD', 'OPTIONS', 'TRACE'],
  ]);
  assert.deepEqual([199, 200, 204, 303, 399, 400, 404, 500].filter(invalidates), [200, 204, 303, 399]);
});

describe('lifetime', () => {
  const seconds = (headers: string[]) => stored(headers).freshnessMs / 1000;
  const date = ['date', 'Mon, 01 Jun 2026 11:59:50 GMT'];
  const expires = ['expires', 'Mon, 01 Jun 2026 12:00:30 GMT'];
  const cases: readonly (readonly [title: string, headers: string[], seconds: number])[] = [
    ['s-maxage beats max-age', cc('max-age=5, s-maxage=7'), 7],
    ['max-age beats Expires', [...cc('max-age=5'), ...expires], 5],
    ['Expires counts from Date', [...date, ...expires], 40],
    ['Expires counts from now without Date', expires, 30],
    ['Expires that is no date is over', ['expires', '0'], 0],
    ['Expires in the past is over', ['expires', 'Mon, 01 Jun 2026 11:00:00 GMT'], 0],
    ['of more seconds than anybody waits', cc('max-age=99999999999999'), 2 ** 31],
    ['is not guessed', ['last-modified', 'Mon, 01 Jan 2024 00:00:00 GMT'], 0],
  ];
  for (const [title, headers, expected] of cases) test(title, () => assert.equal(seconds(headers), expected));
});

describe('age', () => {
  const times = { requestedAtMs: 1000, receivedAtMs: 3000, wallMs: WALL_MS };
  const cases: readonly (readonly [title: string, headers: string[], ms: number])[] = [
    ['is the round trip at first', [], 2000],
    ['adds the round trip to Age', ['age', '10'], 12_000],
    ['is what the clocks say if that is more', ['date', 'Mon, 01 Jun 2026 11:59:30 GMT', 'age', '1'], 30_000],
    ['is never below 0', ['date', 'Mon, 01 Jun 2026 13:00:00 GMT'], 2000],
  ];
  for (const [title, headers, expected] of cases)
    test(title, () => assert.equal(ageMs(stored(headers, times), 3000), expected));
  test('grows in the store', () => assert.equal(ageMs(stored([], times), 4500), 3500));
});

describe('a stored answer is used unasked', () => {
  type Case = readonly [answer: string, request: string, ageSeconds: number, expected: boolean];
  const cases: readonly Case[] = [
    ['max-age=10', '', 9, true],
    ['max-age=10', '', 10, false],
    ['max-age=10', 'no-cache', 1, false],
    ['max-age=10, no-cache', '', 1, false],
    ['max-age=10', 'max-age=5', 5, true],
    ['max-age=10', 'max-age=5', 6, false],
    ['max-age=10', 'max-age=0', 0, true],
    ['max-age=10', 'min-fresh=3', 7, true],
    ['max-age=10', 'min-fresh=3', 8, false],
    ['max-age=10', 'max-stale', 1000, true],
    ['max-age=10', 'max-stale=5', 15, true],
    ['max-age=10', 'max-stale=5', 16, false],
    ['max-age=10, must-revalidate', 'max-stale', 11, false],
    ['max-age=10, proxy-revalidate', 'max-stale', 11, false],
    ['s-maxage=10', 'max-stale', 11, false],
    ['max-age=10', 'only-if-cached', 11, false],
  ];
  for (const [answer, request, ageSeconds, expected] of cases)
    test(`${answer}; asked for ${request || 'nothing'}, after ${ageSeconds} s: ${expected}`, () => {
      const control = readCacheControl(cc(request));
      assert.equal(mayUseUnasked(stored(cc(answer)), control, ageSeconds * 1000), expected);
    });
});

describe('Vary', () => {
  const of = (vary: string, request: string[]): StoredResponse => ({
    ...stored(cc('max-age=1')),
    vary: varyFields(['vary', vary], request),
  });
  const fits = (vary: string, first: string[], second: string[]) =>
    selectResponse([of(vary, first)], '', second) !== undefined;

  test('takes the answer to the same headers only', () => {
    assert.ok(fits('Accept', ['accept', 'a'], ['Accept', 'a', 'x-b', '1']));
    assert.ok(!fits('Accept', ['accept', 'a'], ['accept', 'b']));
    assert.ok(!fits('Accept', ['accept', 'a'], []));
    assert.ok(fits('accept, x-b', ['accept', 'a'], ['accept', 'a']));
    assert.ok(!fits('accept, x-b', ['accept', 'a'], ['accept', 'a', 'x-b', '']));
    assert.ok(fits('accept', ['accept', 'a, b'], ['accept', 'a', 'accept', 'b']));
  });

  test('the youngest that fits is taken, of its own rule', () => {
    const old = of('', []);
    const young = of('accept', []);
    assert.equal(selectResponse([old, young], '', []), young);
    assert.equal(selectResponse([old, young], '', ['accept', 'a']), old);
    assert.equal(selectResponse([old, young], 'other', []), undefined);
  });
});

describe('validation', () => {
  const modified = 'Mon, 01 Jun 2026 10:00:00 GMT';

  test('asks by tag and by date, in place of the caller', () => {
    const headers = ['x-a', '1', 'If-None-Match', '"9"', 'if-modified-since', 'x'];
    askIfChanged(headers, stored(['ETag', 'W/"1"', 'Last-Modified', modified]));
    assert.deepEqual(headers, ['x-a', '1', 'if-none-match', 'W/"1"', 'if-modified-since', modified]);
  });

  const cases: readonly (readonly [request: string[], answer: string[], expected: boolean])[] = [
    [[], ['etag', '"1"'], false],
    [['if-none-match', '"1"'], ['etag', '"1"'], true],
    [['if-none-match', '"0", W/"1"'], ['etag', '"1"'], true],
    [['if-none-match', '"2"'], ['etag', '"1"'], false],
    [['if-none-match', '*'], [], true],
    [['if-none-match', '"1"'], [], false],
    [['if-modified-since', modified], ['last-modified', modified], true],
    [['if-modified-since', 'Mon, 01 Jun 2026 09:00:00 GMT'], ['last-modified', modified], false],
    [['if-modified-since', modified], [], false],
    [
      ['if-none-match', '"2"', 'if-modified-since', modified],
      ['etag', '"1"', 'last-modified', modified],
      false,
    ],
  ];
  for (const [request, answer, expected] of cases)
    test(`${request.join(' ') || 'nothing'} of ${answer.join(' ') || 'nothing'}: ${expected}`, () => {
      assert.equal(isNotModified(request, stored(answer)), expected);
    });

  test('a 304 makes the answer young again and keeps what tells of the body', () => {
    const old = stored([...cc('max-age=1'), 'age', '5', 'content-type', 'a/b', 'etag', '"1"', 'x-old', '1']);
    const times = { requestedAtMs: 9000, receivedAtMs: 9000, wallMs: WALL_MS };
    const update = [...cc('max-age=60'), 'etag', '"1"', 'content-type', 'c/d', 'x-new', '2'];
    const fresh = refreshStored(old, update, times);
    assert.deepEqual(fresh.headers, [
      ...['content-type', 'a/b', 'x-old', '1'],
      ...['cache-control', 'max-age=60', 'etag', '"1"', 'x-new', '2'],
    ]);
    assert.deepEqual([fresh.freshnessMs, ageMs(fresh, 9000), fresh.body], [60_000, 0, old.body]);
  });
});
