import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertMtls, assertRetried, assertSplit, meshMatchers } from './assertions.ts';
import type { MeshRequest } from './started-mesh.ts';

const party = { namespace: 'default', workload: '', principal: '', container: '' };

const request = (version: string, more: Partial<MeshRequest> = {}) =>
  ({
    source: { ...party, app: 'client', version: '' },
    destination: { ...party, app: 'reviews', version },
    method: 'GET',
    path: '/x',
    status: 200,
    flags: [],
    attempts: 1,
    isMtls: true,
    rule: null,
    ...more,
  }) as unknown as MeshRequest;

const times = (count: number, version: string) => Array.from({ length: count }, () => request(version));

test('a split is exact: one request too many is one too many', () => {
  assertSplit([...times(90, 'v1'), ...times(10, 'v2')], { v1: 90, v2: 10 });
  assertSplit([...times(9, 'v1'), ...times(1, 'v2')], { v1: 90, v2: 10 });
  assert.throws(
    () => assertSplit([...times(89, 'v1'), ...times(11, 'v2')], { v1: 90, v2: 10 }),
    /of 100 requests v1: 89, v2: 11; the split that is meant: v1: 90, v2: 10/,
  );
});

test('a share that cannot be whole may be rounded either way, and no further', () => {
  assertSplit([...times(4, 'v1'), ...times(1, 'v2')], { v1: 90, v2: 10 });
  assertSplit(times(5, 'v1'), { v1: 90, v2: 10 });
  assert.throws(() => assertSplit([...times(3, 'v1'), ...times(2, 'v2')], { v1: 90, v2: 10 }));
});

test('a split may be told how far it may be off', () => {
  const requests = [...times(85, 'v1'), ...times(15, 'v2')];
  assertSplit(requests, { v1: 90, v2: 10 }, { within: 0.05 });
  assert.throws(() => assertSplit(requests, { v1: 90, v2: 10 }, { within: 0.04 }));
});

test('a version that was not meant, and no request at all, are no split', () => {
  assert.throws(() => assertSplit([...times(9, 'v1'), request('v3')], { v1: 1 }), /v3: 1/);
  assert.throws(() => assertSplit([], { v1: 1 }), /of 0 requests none/);
  assert.throws(() => assertSplit([request('')], { v1: 1 }), /\(none\): 1/);
});

test('retries are told by attempts, and counted where that is asked', () => {
  const requests = [request('v1'), request('v1', { attempts: 3 })];
  assertRetried(requests);
  assertRetried(requests, { times: 2 });
  assert.throws(() => assertRetried(requests, { times: 1 }), /2 times; 1 is meant/);
  assert.throws(
    () => assertRetried(times(3, 'v1')),
    /client → reviews v1 GET \/x 200 -, 1 attempts, no rule/,
  );
  assert.throws(() => assertRetried([]));
});

test('mutual TLS holds for every request, and never for none', () => {
  assertMtls(times(2, 'v1'));
  assert.throws(
    () => assertMtls([request('v1'), request('v2', { isMtls: false })]),
    /1 of 2 requests went without mutual TLS\n {2}client → reviews v2/,
  );
  assert.throws(() => assertMtls([]));
});

test('matchers for Vitest say in `not` what was seen', () => {
  const { pass, message } = meshMatchers.toSplit(times(2, 'v1'), { v1: 1 });
  assert.deepEqual([pass, message()], [true, 'of 2 requests v1: 2; the split that is meant: v1: 1']);
  assert.equal(meshMatchers.toHaveRetried(times(2, 'v1')).pass, false);
  assert.equal(meshMatchers.toBeMtls(times(2, 'v1')).pass, true);
});
