import type { Labels } from '../../model/labels.ts';
import { ROOT_NAMESPACE } from '../../model/names.ts';
import type { FieldPath } from '../field-path.ts';
import type { Resource } from '../resource.ts';
import type { AuthorizationPolicySpec } from '../schema/security.ts';
import { formatSelector } from './gateways.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

type Policy = Resource<AuthorizationPolicySpec>;

/** AuthorizationPolicies for nobody (IST0127), and namespaces that nobody has (IST0101). */
export function checkAuthorizationPolicies(view: MeshView, report: Report): void {
  if (view.workloads === null) return;
  for (const policy of view.of('AuthorizationPolicy')) {
    checkSelected(policy, policy.spec.selector?.matchLabels, ['spec', 'selector'], view, report);
    checkNamespaces(policy, view, report);
  }
}

/** A selector that means no workload of the mesh (IST0127); without one those of its namespace, or all, are meant. */
export function checkSelected(
  policy: Resource,
  selector: Labels | undefined,
  path: FieldPath,
  view: MeshView,
  report: Report,
): void {
  const isForMesh = policy.namespace === ROOT_NAMESPACE;
  if (isForMesh && selector === undefined) return;
  const workloads = view.select(selector, isForMesh ? null : policy.namespace);
  if (workloads.some(({ proxy }) => proxy !== null)) return;
  const remedy =
    workloads.length === 0
      ? 'No running container has them.'
      : `${workloads[0]?.name} has them, but is not in the mesh: nothing enforces the policy.`;
  report.warn(
    policy,
    'IST0127',
    path,
    `No matching workloads for this resource with the following labels: ${formatSelector(selector)}`,
    remedy,
  );
}

function checkNamespaces(policy: Policy, view: MeshView, report: Report): void {
  const known = view.namespaces;
  (policy.spec.rules ?? []).forEach((rule, index) => {
    (rule.from ?? []).forEach(({ source }, place) => {
      for (const field of ['namespaces', 'notNamespaces'] as const) {
        (source?.[field] ?? []).forEach((pattern, entry) => {
          if ([...known].some((namespace) => matches(pattern, namespace))) return;
          const path = ['spec', 'rules', index, 'from', place, 'source', field, entry];
          report.error(
            policy,
            'IST0101',
            path,
            `Referenced namespace not found: "${pattern}"`,
            `Known namespaces: ${[...known].join(', ')}.`,
          );
        });
      }
    });
  });
}

/** `*`, `prefix*`, `*suffix`, or the name in any case. */
function matches(pattern: string, namespace: string): boolean {
  if (pattern.startsWith('*')) return namespace.endsWith(pattern.slice(1));
  if (pattern.endsWith('*')) return namespace.startsWith(pattern.slice(0, -1));
  return pattern.toLowerCase() === namespace.toLowerCase();
}
