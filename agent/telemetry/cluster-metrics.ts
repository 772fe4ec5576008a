import { Counter, formatLabels, renderCounters } from '../../base/metrics.ts';
import { type CircuitBreakerSpec, UNLIMITED } from '../../model/cluster.ts';
import type { EjectionCause } from '../policy/outlier.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import type { ClusterUsage } from '../upstream/usage.ts';

const COUNTERS = [
  'upstream_rq_total',
  'upstream_rq_retry',
  'upstream_rq_retry_overflow',
  'upstream_rq_retry_limit_exceeded',
  'upstream_rq_timeout',
  'upstream_rq_per_try_timeout',
  'upstream_rq_pending_overflow',
  'upstream_cx_connect_fail',
  'upstream_cx_overflow',
] as const;

const CAUSES: readonly EjectionCause[] = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
];

/** `name` and `type` of one statistic, and where it is read; null = the cluster has none. */
type Statistic = readonly [
  name: string,
  type: 'counter' | 'gauge',
  read: (cluster: Cluster) => number | null,
];

const STATISTICS: readonly Statistic[] = [
  ...COUNTERS.map((name): Statistic => [name, 'counter', ({ counters }) => counters[name]]),
  ['upstream_rq_active', 'gauge', (cluster) => sum(cluster, ({ active }) => active)],
  ['upstream_rq_pending_active', 'gauge', ({ usage }) => usage.pending],
  ['upstream_cx_active', 'gauge', (cluster) => sum(cluster, ({ pool }) => pool.connectionCount)],
  ['membership_total', 'gauge', ({ hosts }) => hosts.size],
  ['membership_healthy', 'gauge', (cluster) => sum(cluster, ({ isPickable }) => Number(isPickable))],
  ...breakers(),
  ['outlier_detection_ejections_active', 'gauge', ({ ejections }) => ejections?.active ?? null],
  [
    'outlier_detection_ejections_enforced_total',
    'counter',
    ({ ejections }) => ejections?.counters.ejections_enforced_total ?? null,
  ],
  [
    'outlier_detection_ejections_overflow',
    'counter',
    ({ ejections }) => ejections?.counters.ejections_overflow ?? null,
  ],
  ...CAUSES.flatMap((cause): Statistic[] => [
    [
      `outlier_detection_ejections_detected_${cause}`,
      'counter',
      ({ ejections }) => ejections?.counters.detected[cause] ?? null,
    ],
    [
      `outlier_detection_ejections_enforced_${cause}`,
      'counter',
      ({ ejections }) => ejections?.counters.enforced[cause] ?? null,
    ],
  ]),
];

/** 1 = a limit is reached and more is turned away; only for clusters that have that limit. */
function breakers(): Statistic[] {
  const open = (name: string, count: keyof ClusterUsage, limit: keyof CircuitBreakerSpec): Statistic => [
    `circuit_breakers_default_${name}_open`,
    'gauge',
    ({ usage, spec: { circuitBreaker } }) =>
      circuitBreaker[limit] === UNLIMITED ? null : Number(usage[count] >= Number(circuitBreaker[limit])),
  ];
  return [
    open('cx', 'connections', 'maxConnections'),
    open('rq_pending', 'pending', 'maxPendingRequests'),
    open('rq', 'requests', 'maxRequests'),
    open('rq_retry', 'retries', 'maxRetries'),
  ];
}

function sum({ hosts }: Cluster, read: (host: Host) => number): number {
  let total = 0;
  for (const host of hosts.values()) total += read(host);
  return total;
}

/** Envoy's own statistics of each cluster, as far as people look at them. */
export function renderClusterMetrics(clusters: Iterable<Cluster>): string {
  const all = [...clusters].map((cluster) => ({
    cluster,
    labels: formatLabels([['cluster_name', cluster.name]]),
  }));
  return STATISTICS.map(([name, type, read]) => {
    const counters = all.flatMap(({ cluster, labels }) => {
      const value = read(cluster);
      if (value === null) return [];
      const counter = new Counter(labels);
      counter.value = value;
      return [counter];
    });
    return renderCounters(`envoy_cluster_${name}`, counters, type);
  }).join('');
}
