import type { Labels } from './labels.ts';

/** Who is behind an address: the peer's names for policies and telemetry. */
export interface WorkloadSpec {
  /** Unique in the mesh: `namespace/name` of the container. */
  readonly name: string;
  /** Every address that it has, on any network. */
  readonly addresses: readonly string[];
  readonly namespace: string;
  /** Istio's workload name: the compose service, or the container's name. */
  readonly workload: string;
  readonly serviceAccount: string;
  readonly labels: Labels;
  /** Label `app` (canonical service) and `version` (canonical revision), with Istio's fallbacks. */
  readonly canonicalService: string;
  readonly canonicalRevision: string;
}
