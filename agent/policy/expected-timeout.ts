/**
 * `x-envoy-expected-rq-timeout-ms`: how long this attempt may take at most, for a host that wants to stop in time.
 * With a route's timeout it is what is left of that after `elapsedMs`, at least 1, since 0 would mean no limit.
 * @returns 0 = there is no limit
 */
export function expectedTimeoutMs(timeoutMs: number, perTryMs: number, elapsedMs: number): number {
  const limitMs = perTryMs > 0 ? perTryMs : timeoutMs;
  if (limitMs === 0 || timeoutMs === 0) return limitMs;
  return Math.max(1, Math.min(limitMs, Math.floor(timeoutMs - elapsedMs)));
}

/** A caller's timeout, at most the route's; 0 means none in both (Istio's max_grpc_timeout). */
export function capTimeoutMs(askedMs: number, routeMs: number): number {
  return askedMs === 0 || routeMs === 0 ? askedMs + routeMs : Math.min(askedMs, routeMs);
}
