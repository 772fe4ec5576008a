import type { ClusterReport } from '../../model/traffic.ts';
import type { Cluster } from '../upstream/cluster.ts';

/** Where nothing is under way, nobody is ejected and nothing has happened that anybody asks for. */
export const QUIET: Omit<ClusterReport, 'cluster'> = {
  activeConnections: 0,
  activeRequests: 0,
  pendingRequests: 0,
  pendingOverflow: 0,
  retries: 0,
  ejected: [],
};

/** More are not named. */
const MAX_EJECTED = 100;

export function clusterReport({ name, hosts, usage, counters, ejections }: Cluster): ClusterReport {
  let pooled = 0;
  let activeRequests = 0;
  const ejected: string[] = [];
  const hasEjected = (ejections?.active ?? 0) > 0;
  for (const host of hosts.values()) {
    pooled += host.pool.connectionCount;
    activeRequests += host.active;
    if (
      hasEjected &&
      host.monitor !== null &&
      host.monitor.ejectedAtMs !== null &&
      ejected.length < MAX_EJECTED
    )
      ejected.push(host.key);
  }
  return {
    cluster: name,
    // Connections of TCP are in no pool.
    activeConnections: Math.max(pooled, usage.connections),
    activeRequests,
    pendingRequests: usage.pending,
    pendingOverflow: counters.upstream_rq_pending_overflow + counters.upstream_cx_overflow,
    retries: counters.upstream_rq_retry,
    ejected,
  };
}

export function isQuiet(report: ClusterReport): boolean {
  const { activeConnections, activeRequests, pendingRequests, pendingOverflow, retries, ejected } = report;
  return (
    activeConnections + activeRequests + pendingRequests + pendingOverflow + retries + ejected.length === 0
  );
}
