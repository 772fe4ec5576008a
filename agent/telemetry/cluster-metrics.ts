import { Counter, counters, formatLabels, type MetricFamily } from '../../base/metrics.ts';
import { type CircuitBreakerSpec, UNLIMITED } from '../../model/cluster.ts';
import type { EjectionCause } from '../policy/outlier.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import type { ClusterUsage } from '../upstream/usage.ts';

const COUNTERS = {
  upstream_rq_total: 'Requests, each attempt for itself.',
  upstream_rq_completed: 'Requests that got an answer, of a host or for want of one.',
  upstream_rq_retry: 'Retries.',
  upstream_rq_retry_success: 'Retries whose answer was passed on.',
  upstream_rq_retry_overflow: 'Retries that were not made, since too many were under way.',
  upstream_rq_retry_limit_exceeded: 'Requests that failed although they were tried as often as allowed.',
  upstream_rq_timeout: 'Requests that took longer than the route allows.',
  upstream_rq_per_try_timeout: 'Attempts that took longer than the route allows.',
  upstream_rq_pending_overflow: 'Requests that were turned away by a limit of the cluster.',
  upstream_cx_total: 'Connections.',
  upstream_cx_connect_fail: 'Connections that could not be made.',
  upstream_cx_none_healthy: 'Times that there was no host to choose.',
  upstream_cx_overflow: 'Connections that were not made, since there were too many.',
} as const;

const CAUSES: readonly EjectionCause[] = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
];

/** One statistic, and where it is read; null = the cluster has none. */
interface Statistic {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly read: (cluster: Cluster) => number | null;
}

type Read = Statistic['read'];
const count = (name: string, help: string, read: Read): Statistic => ({ name, type: 'counter', help, read });
const gauge = (name: string, help: string, read: Read): Statistic => ({ name, type: 'gauge', help, read });

const STATISTICS: readonly Statistic[] = [
  ...Object.entries(COUNTERS).map(([name, help]) =>
    count(name, help, ({ counters }) => counters[name as keyof typeof COUNTERS]),
  ),
  gauge('upstream_rq_active', 'Requests under way.', (cluster) => sum(cluster, ({ active }) => active)),
  gauge('upstream_rq_pending_active', 'Requests that wait for a connection.', ({ usage }) => usage.pending),
  gauge('upstream_cx_active', 'Open connections.', ({ usage }) => usage.connections),
  gauge('membership_total', 'Hosts.', ({ hosts }) => hosts.size),
  gauge('membership_healthy', 'Hosts that may be chosen.', (cluster) =>
    sum(cluster, ({ isPickable }) => Number(isPickable)),
  ),
  ...breakers(),
  ...outliers(),
];

function outliers(): Statistic[] {
  const prefix = 'outlier_detection_ejections';
  return [
    gauge(`${prefix}_active`, 'Hosts that are ejected.', ({ ejections }) => ejections?.active ?? null),
    count(
      `${prefix}_enforced_total`,
      'Ejections.',
      ({ ejections }) => ejections?.counters.ejections_enforced_total ?? null,
    ),
    count(
      `${prefix}_overflow`,
      'Ejections that were not made, since too many hosts were out.',
      ({ ejections }) => ejections?.counters.ejections_overflow ?? null,
    ),
    ...CAUSES.flatMap((cause) => [
      count(
        `${prefix}_detected_${cause}`,
        'Reasons to eject.',
        ({ ejections }) => ejections?.counters.detected[cause] ?? null,
      ),
      count(
        `${prefix}_enforced_${cause}`,
        'Ejections for that reason.',
        ({ ejections }) => ejections?.counters.enforced[cause] ?? null,
      ),
    ]),
  ];
}

/** 1 = a limit is reached and more is turned away; only for clusters that have that limit. */
function breakers(): Statistic[] {
  const open = (name: string, used: keyof ClusterUsage, limit: keyof CircuitBreakerSpec) =>
    gauge(
      `circuit_breakers_default_${name}_open`,
      '1 = that limit is reached.',
      ({ usage, spec: { circuitBreaker } }) =>
        circuitBreaker[limit] === UNLIMITED ? null : Number(usage[used] >= Number(circuitBreaker[limit])),
    );
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
export function clusterMetrics(clusters: Iterable<Cluster>): MetricFamily[] {
  const all = [...clusters].map((cluster) => ({
    cluster,
    labels: formatLabels([['cluster_name', cluster.name]]),
  }));
  const families = STATISTICS.map(({ name, type, help, read }): MetricFamily => {
    const samples = all.flatMap(({ cluster, labels }) => {
      const value = read(cluster);
      return value === null ? [] : [new Counter(labels, value)];
    });
    return { name: `envoy_cluster_${name}`, type, help, samples };
  });
  return [...families, answersByClass(all)];
}

/** `upstream_rq_5xx` and its like, with the label that Istio's tags make of their end. */
function answersByClass(all: readonly { cluster: Cluster; labels: string }[]): MetricFamily {
  const samples = all.flatMap(({ cluster, labels }) =>
    cluster.counters.byClass.flatMap((value, digit) =>
      value === 0 ? [] : [new Counter(`response_code_class="${digit}xx",${labels}`, value)],
    ),
  );
  return counters('envoy_cluster_upstream_rq', 'Answers by the class of their status.', samples);
}
