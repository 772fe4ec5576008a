import { Counter, formatLabels, renderCounters } from '../../base/metrics.ts';
import { CACHE_RESULTS, type CacheStores } from '../filters/cache-stores.ts';

/** Our own names: Istio has no cache. Nothing where no route has one. */
export function renderCacheMetrics(stores: CacheStores): string {
  if (!stores.isUsed) return '';
  const results = CACHE_RESULTS.map((result) => counter([['result', result]], stores.counts[result]));
  return (
    renderCounters('lateen_cache_requests_total', results) +
    renderCounters('lateen_cache_bytes', [counter([], stores.bytes)], 'gauge')
  );
}

function counter(labels: readonly (readonly [string, string])[], value: number): Counter {
  const made = new Counter(formatLabels(labels));
  made.value = value;
  return made;
}
