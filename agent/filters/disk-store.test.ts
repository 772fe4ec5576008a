import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createManualClock, type ManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import { ageMs } from '../policy/cache/freshness.ts';
import { makeStored } from '../policy/cache/make-stored.ts';
import { routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { CacheStores } from './cache-stores.ts';
import { DiskStore } from './disk-store.ts';

/** What a store on a disk has over one in memory, and what goes wrong with disks. */

const directory = mkdtempSync(join(tmpdir(), 'lateen-disk-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
const newFile = () => join(directory, `${++files}.sqlite`);

function open(file: string, clock: ManualClock, maxBytes = 100_000, broken: unknown[] = []): DiskStore {
  return new DiskStore({ clock, file, maxBytes, onBroken: (error) => broken.push(error) });
}

function answer(uri: string, clock: ManualClock, bytes = 10) {
  const now = clock.now();
  const headers = ['cache-control', 'max-age=60', 'date', new Date(clock.wall()).toUTCString()];
  const parts = { uri, scope: 's', status: 200, headers, vary: [], body: Buffer.alloc(bytes, 'x') };
  return makeStored(parts, { requestedAtMs: now, receivedAtMs: now, wallMs: clock.wall() });
}

/** As after a restart: another monotonic clock, the same time of day. */
const later = (clock: ManualClock, ms: number): ManualClock => ({
  ...createManualClock(7),
  wall: () => clock.wall() + ms,
});

test('answers are there after a restart, as old as they are by then', () => {
  const [file, clock] = [newFile(), createManualClock(1_000_000)];
  const before = open(file, clock);
  before.put(answer('http://a/', clock));
  before.put(answer('http://b/', clock));
  for (const each of before.candidates('http://a/')) before.touch(each);
  const { bytes } = before;
  before.close();
  const afterwards = later(clock, 20_000);
  const store = open(file, afterwards);
  const [head] = store.candidates('http://a/');
  assert.ok(head !== undefined);
  assert.deepEqual([store.size, store.bytes], [2, bytes]);
  assert.equal(ageMs(head, afterwards.now()), 20_000);
  assert.equal(head.control.get('max-age'), '60');
  assert.equal(store.load(head)?.body.toString(), 'xxxxxxxxxx');
  // The order of their use too.
  store.resize(bytes - 1);
  assert.deepEqual([store.candidates('http://a/').length, store.candidates('http://b/').length], [1, 0]);
});

test('a clock that was set back makes no answer younger than it was', () => {
  const [file, clock] = [newFile(), createManualClock(1_000_000)];
  const before = open(file, clock);
  before.put(answer('http://a/', clock));
  before.close();
  const afterwards = later(clock, -500_000);
  const [head] = open(file, afterwards).candidates('http://a/');
  assert.ok(head !== undefined);
  assert.equal(ageMs(head, afterwards.now()), 0);
});

test('the file stays about as small as its limit, whatever passes through it', () => {
  const [file, clock] = [newFile(), createManualClock()];
  const store = open(file, clock, 1_000_000);
  for (let at = 0; at < 400; at++) store.put(answer(`http://a/${at}`, clock, 20_000));
  assert.ok(store.bytes <= 1_000_000 && store.bytes > 900_000);
  store.close();
  assert.ok(statSync(file).size < 1_500_000, `${statSync(file).size} bytes`);
});

test('a file that is none is replaced, and one that breaks later is given up', () => {
  const [file, clock] = [newFile(), createManualClock()];
  writeFileSync(
    file,
    'no database at all, but some text that is long enough to be looked at as one'.repeat(20),
  );
  const broken: unknown[] = [];
  const store = open(file, clock, 100_000, broken);
  store.put(answer('http://a/', clock));
  assert.deepEqual([store.size, broken.length], [1, 0]);
  const unkeepable = { ...answer('http://b/', clock), status: Symbol('x') as unknown as number };
  store.put(unkeepable);
  assert.equal(broken.length, 1);
  assert.deepEqual([store.candidates('http://a/'), store.size, store.bytes], [[], 0, 0]);
  store.put(answer('http://a/', clock));
  assert.deepEqual([store.candidates('http://a/'), broken.length], [[], 1]);
});

function openStores(folder: string) {
  const lines: string[] = [];
  const clock = createManualClock();
  const log = createLineLogger((line) => lines.push(line), clock.wall);
  const stores = new CacheStores({ clock, log, directory: folder });
  return { stores, lines, clock };
}

const spec = (store: string, isOnDisk = true) => ({
  ...{ store, rule: '0', maxBytes: 2 ** 30, maxEntryBytes: 1000, isOnDisk },
});
const naming = (...stores: readonly string[]) =>
  snapshotOf({ routes: stores.map((store) => routeSpec(['north'], { cache: spec(store) })) });

test('files of stores that no document names any more are removed, of an earlier process too', () => {
  const folder = join(directory, 'named');
  const first = openStores(folder);
  first.stores.configure(naming('a', 'b'));
  first.stores.of(spec('a')).put(answer('http://a/', first.clock));
  first.stores.close();
  const second = openStores(folder);
  second.stores.configure(naming('a'));
  assert.equal(second.stores.of(spec('a')).size, 1);
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.sqlite')).length, 1);
  second.stores.configure(snapshotOf({ routes: [routeSpec(['north'])] }));
  assert.deepEqual(readdirSync(folder), []);
});

test('where there is no disk to write to answers are in memory, and a line says so', () => {
  const file = newFile();
  writeFileSync(file, '');
  const { stores, lines, clock } = openStores(join(file, 'below'));
  stores.configure(naming('a'));
  stores.of(spec('a')).put(answer('http://a/', clock));
  assert.equal(stores.of(spec('a')).size, 1);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /a cache is kept in memory, since there is no disk for it store=a/);
});

test('a proxy without a cache on disk leaves the disk alone', () => {
  const folder = join(directory, 'untouched');
  const { stores } = openStores(folder);
  stores.configure(snapshotOf({ routes: [routeSpec(['north'], { cache: spec('a', false) })] }));
  assert.throws(() => readdirSync(folder), /ENOENT/);
});
