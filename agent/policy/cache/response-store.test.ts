import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ResponseStore } from './response-store.ts';
import type { StoredResponse } from './stored-response.ts';

function answer(uri: string, change: Partial<StoredResponse> = {}): StoredResponse {
  return {
    ...{ uri, scope: '', status: 200, headers: [], body: Buffer.alloc(0), control: new Map(), vary: [] },
    ...{ freshnessMs: 0, initialAgeMs: 0, receivedAtMs: 0, bytes: 10 },
    ...change,
  };
}

const has = (store: ResponseStore, uri: string) => store.candidates(uri).length;

describe('the store', () => {
  test('lets go of what was not used for longest, at its limit', () => {
    const store = new ResponseStore(30);
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((uri) => answer(uri)) as [
      ...[StoredResponse, StoredResponse, StoredResponse, StoredResponse],
    ];
    for (const each of [a, b, c]) store.put(each);
    store.touch(a);
    store.put(d);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((uri) => has(store, uri)),
      [1, 0, 1, 1],
    );
    assert.deepEqual([store.bytes, store.size], [30, 3]);
  });

  test('keeps one answer to the same requests, and several that Vary tells apart', () => {
    const store = new ResponseStore(100);
    const vary = (value: string | null) => ({ vary: [{ name: 'accept', value }] });
    for (const value of ['x', 'y', null, 'x']) store.put(answer('a', vary(value)));
    store.put(answer('a', { ...vary('x'), scope: 'other rule' }));
    assert.deepEqual([has(store, 'a'), store.bytes], [4, 40]);
    store.invalidate('a');
    assert.deepEqual([has(store, 'a'), store.bytes, store.size], [0, 0, 0]);
  });

  test('takes nothing larger than itself, and then not the older one either', () => {
    const store = new ResponseStore(20);
    store.put(answer('a'));
    store.put(answer('a', { bytes: 21 }));
    assert.deepEqual([has(store, 'a'), store.bytes], [0, 0]);
  });

  test('keeps so many answers to one URI and no more, the youngest', () => {
    const store = new ResponseStore(10_000);
    for (let at = 0; at < 70; at++) store.put(answer('a', { vary: [{ name: 'accept', value: String(at) }] }));
    assert.deepEqual([has(store, 'a'), store.bytes], [64, 640]);
    assert.equal(store.candidates('a')[0]?.vary[0]?.value, '6');
  });

  test('shrinks at once to a new limit', () => {
    const store = new ResponseStore(30);
    for (const uri of ['a', 'b', 'c']) store.put(answer(uri));
    store.resize(15);
    assert.deepEqual([has(store, 'b'), has(store, 'c'), store.bytes], [0, 1, 10]);
  });
});
