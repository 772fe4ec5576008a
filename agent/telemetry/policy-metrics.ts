import { Counter, formatLabels, renderCounters } from '../../base/metrics.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';

/**
 * Envoy's `rbac` statistics as Istio's tags split them: `envoy_http_inbound_0_0_0_0_9080_rbac`, or `envoy_tcp_rbac`.
 * Nothing where nothing was decided.
 */
export function renderPolicyMetrics(watch: PolicyWatch): string {
  return watch.all
    .map(({ prefix, enforced, dryRuns: { allow, deny } }) =>
      renderCounters(`envoy_${prefix}_rbac`, [
        ...countersOf('authz_enforce_result', enforced),
        ...countersOf('authz_dry_run_result', allow, 'allow'),
        ...countersOf('authz_dry_run_result', deny, 'deny'),
      ]),
    )
    .join('');
}

function countersOf(label: string, counts: { allowed: number; denied: number }, action = ''): Counter[] {
  if (counts.allowed + counts.denied === 0) return [];
  return (['allowed', 'denied'] as const).map((result) => {
    const dryRun = action === '' ? [] : [['authz_dry_run_action', action] as const];
    const counter = new Counter(formatLabels([...dryRun, [label, result]]));
    counter.value = counts[result];
    return counter;
  });
}
