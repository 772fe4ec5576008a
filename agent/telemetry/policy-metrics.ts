import { Counter, counters, formatLabels, type MetricFamily } from '../../base/metrics.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';

/**
 * Envoy's `rbac` statistics as Istio's tags split them: `envoy_http_inbound_0_0_0_0_9080_rbac`, or `envoy_tcp_rbac`.
 * Nothing where nothing was decided.
 */
export function policyMetrics(watch: PolicyWatch): MetricFamily[] {
  return watch.all.map(({ prefix, enforced, dryRuns: { allow, deny } }) =>
    counters(`envoy_${prefix}_rbac`, 'What AuthorizationPolicies decided.', [
      ...countersOf('authz_enforce_result', enforced),
      ...countersOf('authz_dry_run_result', allow, 'allow'),
      ...countersOf('authz_dry_run_result', deny, 'deny'),
    ]),
  );
}

function countersOf(label: string, counts: { allowed: number; denied: number }, action = ''): Counter[] {
  if (counts.allowed + counts.denied === 0) return [];
  return (['allowed', 'denied'] as const).map((result) => {
    const dryRun = action === '' ? [] : [['authz_dry_run_action', action] as const];
    return new Counter(formatLabels([...dryRun, [label, result]]), counts[result]);
  });
}
