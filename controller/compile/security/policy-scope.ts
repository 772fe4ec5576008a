import type { Resource } from '../../../istio/resource.ts';
import { matchesLabels } from '../../../model/labels.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';

interface Selecting {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> | undefined } | undefined;
  readonly targetRef?: unknown;
  readonly targetRefs?: readonly unknown[] | undefined;
}

/**
 * Policies of AuthorizationPolicy's and RequestAuthentication's kind add up: those of the root namespace and of the
 * proxy's own whose selector fits. One with `targetRefs` is for waypoints and the Gateway API (ISTIO.md §0).
 */
export function securityPolicies<Spec extends Selecting>(
  { world }: WorldIndex,
  proxy: Workload,
  policies: readonly Resource<Spec>[],
): readonly Resource<Spec>[] {
  return policies.filter(
    ({ namespace, spec }) =>
      (namespace === world.mesh.rootNamespace || namespace === proxy.namespace) &&
      spec.targetRef === undefined &&
      (spec.targetRefs ?? []).length === 0 &&
      matchesLabels(spec.selector?.matchLabels ?? {}, proxy.labels),
  );
}
