import { Counter, counters, formatLabels, gauges, type MetricFamily } from '../../base/metrics.ts';
import { CACHE_RESULTS, type CacheStores } from '../filters/cache-stores.ts';

/** Our own names: Istio has no cache. Nothing where no route has one. */
export function cacheMetrics(stores: CacheStores): MetricFamily[] {
  if (!stores.isUsed) return [];
  const results = CACHE_RESULTS.map(
    (result) => new Counter(formatLabels([['result', result]]), stores.counts[result]),
  );
  return [
    counters('lateen_cache_requests_total', 'Requests of routes with a cache, by what it did.', results),
    gauges('lateen_cache_bytes', 'Size of the answers that are kept.', [new Counter('', stores.bytes)]),
  ];
}
