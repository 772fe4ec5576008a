import { type RateLimitPatch, readRateLimitPatches } from '../../../istio/envoy/rate-limit-patches.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { EnvoyFilterSpec } from '../../../istio/schema/envoy-filter.ts';
import type { RateLimitDocument } from '../../../istio/schema/rate-limit.ts';
import { LABEL, matchesLabels } from '../../../model/labels.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';

/** What limits the requests of one proxy. */
export interface RateLimits {
  readonly patches: readonly OwnedPatch[];
  readonly documents: readonly Resource<RateLimitDocument>[];
  /** Who this proxy is, to `source_cluster`. */
  readonly cluster: string;
}

/** A patch with where it came from. */
export interface OwnedPatch {
  readonly owner: Resource<EnvoyFilterSpec>;
  readonly patch: RateLimitPatch;
}

/** null = nothing does, which is so for most. */
export function rateLimitsOf(index: WorldIndex, proxy: Workload): RateLimits | null {
  const { envoyFilters, rateLimits, world } = index;
  if (envoyFilters.length + rateLimits.length === 0) return null;
  const root = world.mesh.rootNamespace;
  const isNear = ({ namespace }: Resource) => namespace === root || namespace === proxy.namespace;
  const documents = rateLimits.filter(
    (each) => isNear(each) && matchesLabels(each.spec.selector?.matchLabels ?? {}, proxy.labels),
  );
  const filters = envoyFilters.filter(
    (each) =>
      isNear(each) &&
      (each.spec.targetRefs ?? []).length === 0 &&
      matchesLabels(each.spec.workloadSelector?.labels ?? {}, proxy.labels),
  );
  const patches = inOrder(filters, root).flatMap((owner) =>
    index.shared
      .keepWith(owner, () => readRateLimitPatches(owner.spec).patches)
      .map((patch) => ({ owner, patch })),
  );
  if (patches.length + documents.length === 0) return null;
  return { patches, documents, cluster: `${proxy.labels[LABEL.app] ?? proxy.workload}.${proxy.namespace}` };
}

/** Those of the root namespace first, then by priority; the older ones first among equals (ISTIO.md, "age"). */
function inOrder(
  filters: readonly Resource<EnvoyFilterSpec>[],
  root: string,
): readonly Resource<EnvoyFilterSpec>[] {
  const rank = ({ namespace }: Resource) => (namespace === root ? 0 : 1);
  return [...filters].sort((a, b) => rank(a) - rank(b) || (a.spec.priority ?? 0) - (b.spec.priority ?? 0));
}

/** `EnvoyFilter/default/limits#0`: what is counted under it outlives pushes. */
export function patchName({ namespace, name }: Resource, { index }: RateLimitPatch): string {
  return `EnvoyFilter/${namespace}/${name}#${index}`;
}
