import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { MemoryStore } from '../policy/cache/memory-store.ts';
import type { ResponseStore } from '../policy/cache/response-store.ts';
import type { StoredResponse } from '../policy/cache/stored-response.ts';
import { DiskStore } from './disk-store.ts';

/** What every store of answers does, wherever it keeps them. */

const directory = mkdtempSync(join(tmpdir(), 'lateen-stores-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;

const MAKERS: Readonly<Record<string, (maxBytes: number) => ResponseStore>> = {
  memory: (maxBytes) => new MemoryStore(maxBytes),
  disk: (maxBytes) =>
    new DiskStore({
      ...{ clock: createManualClock(), maxBytes, file: join(directory, `${++files}.sqlite`) },
      onBroken: (error) => assert.fail(String(error)),
    }),
};

function answer(uri: string, change: Partial<StoredResponse> = {}): StoredResponse {
  return {
    ...{ uri, scope: '', status: 200, headers: [], body: Buffer.alloc(0), control: new Map(), vary: [] },
    ...{ freshnessMs: 0, initialAgeMs: 0, receivedAtMs: 0, bytes: 10 },
    ...change,
  };
}

const has = (store: ResponseStore, uri: string) => store.candidates(uri).length;

for (const [kind, create] of Object.entries(MAKERS))
  describe(`the store in ${kind}`, () => {
    test('lets go of what was not used for longest, at its limit', () => {
      const store = create(30);
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((uri) => answer(uri)) as [
        ...[StoredResponse, StoredResponse, StoredResponse, StoredResponse],
      ];
      for (const each of [a, b, c]) store.put(each);
      for (const used of store.candidates('a')) store.touch(used);
      store.put(d);
      assert.deepEqual(
        ['a', 'b', 'c', 'd'].map((uri) => has(store, uri)),
        [1, 0, 1, 1],
      );
      assert.deepEqual([store.bytes, store.size], [30, 3]);
    });

    test('keeps one answer to the same requests, and several that Vary tells apart', () => {
      const store = create(100);
      const vary = (value: string | null) => ({ vary: [{ name: 'accept', value }] });
      for (const value of ['x', 'y', null, 'x']) store.put(answer('a', vary(value)));
      store.put(answer('a', { ...vary('x'), scope: 'other rule' }));
      assert.deepEqual([has(store, 'a'), store.bytes], [4, 40]);
      store.invalidate('a');
      assert.deepEqual([has(store, 'a'), store.bytes, store.size], [0, 0, 0]);
    });

    test('takes nothing larger than itself, and then not the older one either', () => {
      const store = create(20);
      store.put(answer('a'));
      store.put(answer('a', { bytes: 21 }));
      assert.deepEqual([has(store, 'a'), store.bytes], [0, 0]);
    });

    test('keeps so many answers to one URI and no more, the youngest', () => {
      const store = create(10_000);
      for (let at = 0; at < 70; at++)
        store.put(answer('a', { vary: [{ name: 'accept', value: String(at) }] }));
      assert.deepEqual([has(store, 'a'), store.bytes], [64, 640]);
      assert.equal(store.candidates('a')[0]?.vary[0]?.value, '6');
    });

    test('gives an answer back as it was, and none that has gone since', () => {
      const store = create(1000);
      const whole = answer('a', {
        ...{ status: 404, headers: ['x-a', 'ä', 'x-a', ''], body: Buffer.from([0, 255, 10]), bytes: 77 },
        ...{
          control: new Map(),
          vary: [{ name: 'accept', value: null }],
          freshnessMs: 5000,
          initialAgeMs: 3,
        },
      });
      store.put(whole);
      const [head] = store.candidates('a');
      assert.ok(head !== undefined);
      const { body, ...rest } = store.load(head) ?? assert.fail('it is gone');
      const { body: given, ...others } = whole;
      assert.deepEqual({ ...rest, id: 1 }, { ...others, id: 1 });
      assert.deepEqual([...body], [...given]);
      store.delete(head);
      assert.equal(store.load(head), undefined);
      assert.equal(store.bytes, 0);
    });

    test('shrinks at once to a new limit', () => {
      const store = create(30);
      for (const uri of ['a', 'b', 'c']) store.put(answer(uri));
      store.resize(15);
      assert.deepEqual([has(store, 'b'), has(store, 'c'), store.bytes], [0, 1, 10]);
    });
  });
