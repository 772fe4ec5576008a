import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { PeerAuthenticationSpec } from '../../../istio/schema/security.ts';

/** What a sidecar takes on its ports. */
export type MutualTlsMode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

type Policy = Resource<PeerAuthenticationSpec>;

/** The PeerAuthentications in force: one per mesh and namespace, the rest by selector (Istio's initAuthnPolicies). */
export interface PeerAuthentications {
  readonly mesh: MutualTlsMode;
  readonly namespaces: ReadonlyMap<string, MutualTlsMode>;
  /** Those with a selector, by namespace, in the order of age. */
  readonly selecting: ReadonlyMap<string, readonly Policy[]>;
}

/** @param policies in the order of age: of several at one level the oldest counts */
export function indexPeerAuthentications(
  policies: readonly Policy[],
  { rootNamespace }: MeshConfig,
): PeerAuthentications {
  const isWide = ({ spec }: Policy) => Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
  const root = policies.find((policy) => policy.namespace === rootNamespace && isWide(policy));
  const mesh = modeOf(root?.spec.mtls, 'PERMISSIVE');
  const namespaces = new Map<string, MutualTlsMode>();
  const selecting = new Map<string, Policy[]>();
  for (const policy of policies) {
    const { namespace, spec } = policy;
    // One with a selector in the root namespace is ignored, even for that namespace's own workloads (ISTIO.md §5.1).
    if (namespace === rootNamespace) continue;
    if (!isWide(policy)) selecting.set(namespace, [...(selecting.get(namespace) ?? []), policy]);
    else if (!namespaces.has(namespace)) namespaces.set(namespace, modeOf(spec.mtls, mesh));
  }
  return { mesh, namespaces, selecting };
}

/** UNSET, and nothing at all, inherit. */
export function modeOf(mtls: PeerAuthenticationSpec['mtls'], inherited: MutualTlsMode): MutualTlsMode {
  const mode = mtls?.mode ?? 'UNSET';
  return mode === 'UNSET' ? inherited : mode;
}
