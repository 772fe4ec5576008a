import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFamilies } from '../../base/exposition.ts';
import type { CacheSpec } from '../../model/route.ts';
import { makeStored } from '../policy/cache/make-stored.ts';
import { routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { cacheMetrics } from '../telemetry/cache-metrics.ts';
import { CacheStores } from './cache-stores.ts';

const spec = (store: string, maxBytes = 10_000): CacheSpec => ({
  ...{ store, rule: '0', maxBytes, maxEntryBytes: 100, isOnDisk: false },
});

const snapshotWith = (...caches: readonly (CacheSpec | null)[]) =>
  snapshotOf({ routes: caches.map((cache) => routeSpec(['north'], { cache })) });

function fill(stores: CacheStores, cache: CacheSpec): void {
  const parts = { uri: 'http://a/', scope: '', status: 200, headers: [], vary: [], body: Buffer.alloc(488) };
  stores.of(cache).put(makeStored(parts, { requestedAtMs: 0, receivedAtMs: 0, wallMs: 0 }));
}

test('a store outlives snapshots for as long as a route names it', () => {
  const stores = new CacheStores();
  stores.configure(snapshotWith(spec('a'), null, spec('b'), spec('a')));
  fill(stores, spec('a'));
  fill(stores, spec('b'));
  stores.configure(snapshotWith(spec('a')));
  assert.deepEqual([stores.of(spec('a')).size, stores.of(spec('b')).size], [1, 0]);
  stores.configure(snapshotWith(null));
  assert.equal(stores.isUsed, false);
});

test('a new limit acts at once', () => {
  const stores = new CacheStores();
  fill(stores, spec('a'));
  stores.configure(snapshotWith(spec('a', 1000)));
  assert.equal(stores.bytes, 0);
});

test('metrics say what came of requests and what is held, where there is a cache', () => {
  const stores = new CacheStores();
  assert.equal(renderFamilies(cacheMetrics(stores), 'text'), '');
  fill(stores, spec('a'));
  stores.counts.hit = 3;
  assert.equal(
    renderFamilies(cacheMetrics(stores), 'text'),
    [
      '# HELP lateen_cache_requests_total Requests of routes with a cache, by what it did.',
      '# TYPE lateen_cache_requests_total counter',
      'lateen_cache_requests_total{result="hit"} 3',
      'lateen_cache_requests_total{result="stale"} 0',
      'lateen_cache_requests_total{result="collapsed"} 0',
      'lateen_cache_requests_total{result="miss"} 0',
      'lateen_cache_requests_total{result="revalidated"} 0',
      'lateen_cache_requests_total{result="bypass"} 0',
      '# HELP lateen_cache_bytes Size of the answers that are kept.',
      '# TYPE lateen_cache_bytes gauge',
      'lateen_cache_bytes{} 1009\n',
    ].join('\n'),
  );
});
