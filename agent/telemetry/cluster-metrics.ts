import type { Cluster } from '../upstream/cluster.ts';
import { Counter, formatLabels, renderCounters } from './metrics.ts';

const COUNTERS = [
  'upstream_rq_total',
  'upstream_rq_retry',
  'upstream_rq_timeout',
  'upstream_rq_pending_overflow',
  'upstream_cx_connect_fail',
] as const;

/** Envoy's own statistics of each cluster, as far as people look at them. */
export function renderClusterMetrics(clusters: Iterable<Cluster>): string {
  const all = [...clusters].map((cluster) => ({
    cluster,
    labels: formatLabels([['cluster_name', cluster.name]]),
  }));
  const render = (name: string, type: string, read: (cluster: Cluster) => number) =>
    renderCounters(
      `envoy_cluster_${name}`,
      all.map(({ cluster, labels }) => {
        const counter = new Counter(labels);
        counter.value = read(cluster);
        return counter;
      }),
      type,
    );
  const sum = (
    cluster: Cluster,
    read: (host: { active: number; pool: { connectionCount: number } }) => number,
  ) => [...cluster.hosts.values()].reduce((total, host) => total + read(host), 0);
  return [
    ...COUNTERS.map((name) => render(name, 'counter', ({ counters }) => counters[name])),
    render('upstream_rq_active', 'gauge', (cluster) => sum(cluster, ({ active }) => active)),
    render('upstream_cx_active', 'gauge', (cluster) => sum(cluster, ({ pool }) => pool.connectionCount)),
    render('membership_total', 'gauge', ({ hosts }) => hosts.size),
    render(
      'membership_healthy',
      'gauge',
      ({ hosts }) => [...hosts.values()].filter((host) => host.isPickable).length,
    ),
  ].join('');
}
