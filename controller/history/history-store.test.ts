import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { faultAtStart, parseDocuments } from '../../istio/parse-documents.ts';
import type { FileState } from '../last-good/last-good.ts';
import { HistoryStore } from './history-store.ts';
import { lineCounts } from './line-counts.ts';

const RULE =
  'apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: { name: a }\nspec: { host: a }\n';
const files = (texts: Readonly<Record<string, string>>): Map<string, FileState> =>
  new Map(
    Object.entries(texts).map(([file, text]) => [
      file,
      { kind: 'parsed', text, contentHash: text, parsed: parseDocuments(text, file) },
    ]),
  );

function place(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-history-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'history.db');
}

test('what was seen of a file is kept, with both texts, newest first', () => {
  const store = new HistoryStore(':memory:');
  assert.equal(store.observe(files({ 'a.yaml': RULE }), 1), true);
  assert.equal(store.observe(files({ 'a.yaml': RULE }), 2), false);
  store.observe(files({ 'a.yaml': `${RULE}kind: {\n` }), 3);
  store.observe(files({}), 4);
  assert.deepEqual(
    store
      .entries()
      .map(({ atMs, change, addedLines, removedLines, errors }) => [
        atMs,
        change,
        addedLines,
        removedLines,
        errors > 0,
      ]),
    [
      [4, 'removed', 0, 5, false],
      [3, 'changed', 1, 0, true],
      [1, 'added', 4, 0, false],
    ],
  );
  const [removed = assert.fail()] = store.entries();
  assert.deepEqual(
    [store.entry(removed.id)?.before, store.entry(removed.id)?.after],
    [`${RULE}kind: {\n`, null],
  );
  assert.equal(store.entry(99), null);
});

test('a file that cannot be read just now is not taken for gone', () => {
  const store = new HistoryStore(':memory:');
  store.observe(files({ 'a.yaml': RULE }), 1);
  const unknown: FileState = { kind: 'unknown', violation: faultAtStart('a.yaml', 'empty', '') };
  assert.equal(store.observe(new Map([['a.yaml', unknown]]), 2), false);
});

test('it goes on after a restart, and tells what changed meanwhile', (context) => {
  const file = place(context);
  const first = new HistoryStore(file);
  first.observe(files({ 'a.yaml': RULE, 'b.yaml': RULE }), 1);
  first.close();
  const second = new HistoryStore(file);
  second.observe(files({ 'a.yaml': `# new\n${RULE}` }), 2);
  assert.deepEqual(
    second
      .entries()
      .slice(0, 2)
      .map((each) => `${each.file} ${each.change}`),
    ['b.yaml removed', 'a.yaml changed'],
  );
  second.close();
});

test('a store that is broken is begun anew', (context) => {
  const file = place(context);
  writeFileSync(file, 'no database at all, but long enough to be taken for one: '.repeat(50));
  const store = new HistoryStore(file);
  assert.equal(store.observe(files({ 'a.yaml': RULE }), 1), true);
  store.close();
});

test('no value of a Secret gets into the store', (context) => {
  const file = place(context);
  const store = new HistoryStore(file);
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { tls.key: aHVzaGh1c2g= }\n';
  store.observe(files({ 'a.yaml': secret }), 1);
  store.observe(files({ 'a.yaml': `${secret}---\nkind: Secret\ndata: { x: { y: aHVzaGh1c2g=\n` }), 2);
  store.close();
  assert.ok(!readFileSync(file).includes('aHVzaGh1c2g='));
});

test('it has an end: the oldest go', () => {
  const store = new HistoryStore(':memory:');
  for (let at = 0; at < 600; at++) store.observe(files({ 'a.yaml': `# ${at}\n` }), at);
  assert.equal(store.entries().length, 500);
  assert.equal(store.entries()[0]?.atMs, 599);
  const big = (seed: string) => `# ${seed.repeat(1_900_000)}\n`;
  for (const seed of 'abcdefghijklmnop') store.observe(files({ 'a.yaml': big(seed) }), 1000);
  assert.ok(store.entries().length < 8, `${store.entries().length}`);
});

test('lines are counted as diff counts them', () => {
  assert.deepEqual(lineCounts('a\nb\nc\n', 'a\nx\nc\n'), { added: 1, removed: 1 });
  assert.deepEqual(lineCounts('a\nb\n', 'b\na\n'), { added: 1, removed: 1 });
  assert.deepEqual(lineCounts('', 'a\n'), { added: 1, removed: 0 });
  assert.deepEqual(lineCounts('a', ''), { added: 0, removed: 1 });
});
