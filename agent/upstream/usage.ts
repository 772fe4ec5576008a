import type { CircuitBreakerSpec } from '../../model/cluster.ts';

/** What one cluster has under way, over which its limits hold; kept over snapshots. */
export interface ClusterUsage {
  connections: number;
  /** Requests that wait for a connection. */
  pending: number;
  requests: number;
  retries: number;
}

/** Whether one more retry may be under way (Envoy's retry resource, or its retry budget). */
export function mayRetry({ maxRetries, retryBudget }: CircuitBreakerSpec, usage: ClusterUsage): boolean {
  if (retryBudget === null) return usage.retries < maxRetries;
  const share = ((usage.requests + usage.pending) * retryBudget.percent) / 100;
  return usage.retries < Math.max(retryBudget.minConcurrency, share);
}
