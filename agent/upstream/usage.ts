import type { CircuitBreakerSpec } from '../../model/cluster.ts';

/** What one cluster has under way, over which its limits hold; kept over snapshots. */
export interface ClusterUsage {
  connections: number;
  /** Requests that wait for a connection. */
  pending: number;
  requests: number;
  retries: number;
  /** Copies of requests, which nobody waits for, and the bodies that they hold. */
  copies: number;
  copiedBytes: number;
}

export function noUsage(): ClusterUsage {
  return { connections: 0, pending: 0, requests: 0, retries: 0, copies: 0, copiedBytes: 0 };
}

/** Envoy's default for requests under way to one cluster; Istio lifts it for those that somebody waits for. */
const MAX_COPIES = 1024;
const MAX_COPIED_BYTES = 16 * 1024 * 1024;

/** Whether one more copy may be under way; if so it counts until `endCopy`. */
export function startCopy(usage: ClusterUsage, bytes: number): boolean {
  if (usage.copies >= MAX_COPIES || usage.copiedBytes + bytes > MAX_COPIED_BYTES) return false;
  usage.copies += 1;
  usage.copiedBytes += bytes;
  return true;
}

export function endCopy(usage: ClusterUsage, bytes: number): void {
  usage.copies -= 1;
  usage.copiedBytes -= bytes;
}

/**
 * Whether one more retry may be under way (Envoy's retry resource, or its retry budget).
 * @param recent requests that began in the budget's interval; those under way count in any case
 */
export function mayRetry(
  { maxRetries, retryBudget }: CircuitBreakerSpec,
  usage: ClusterUsage,
  recent: number,
): boolean {
  if (retryBudget === null) return usage.retries < maxRetries;
  const requests = Math.max(recent, usage.requests + usage.pending);
  const share = (requests * retryBudget.percent) / 100;
  return usage.retries < Math.max(retryBudget.minConcurrency, share);
}
