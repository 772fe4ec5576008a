import { Counter, counters, formatLabels, type MetricFamily } from '../../base/metrics.ts';
import type { RateLimitState } from '../filters/rate-limit-state.ts';

/** Envoy's names. Nothing where nothing is limited. */
export function rateLimitMetrics(state: RateLimitState): MetricFamily[] {
  const metrics = new Map<string, Counter[]>();
  const add = (name: string, labels: string, value: number) => {
    metrics.set(name, [...(metrics.get(name) ?? []), new Counter(labels, value)]);
  };
  for (const [prefix, counts] of state.local)
    for (const [name, value] of Object.entries(counts))
      add(`envoy_${wordOf(prefix)}_http_local_rate_limit_${name}`, '', value);
  for (const [cluster, byPrefix] of state.global) {
    const labels = formatLabels([['cluster_name', cluster]]);
    for (const [prefix, counts] of byPrefix) {
      const start = prefix === '' ? '' : `${wordOf(prefix)}_`;
      for (const [name, value] of Object.entries(counts))
        add(`envoy_cluster_ratelimit_${start}${name}`, labels, value);
    }
  }
  return [...metrics].map(([name, samples]) => counters(name, 'What rate limits decided.', samples));
}

/** Anything else is no letter of a metric's name. */
const wordOf = (prefix: string) => prefix.replace(/[^a-zA-Z0-9_]/g, '_');
