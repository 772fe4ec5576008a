import type { NodeSpec } from '../../model/node.ts';
import type { WorkloadSpec } from '../../model/workload.ts';

/** The labels of Istio's standard metrics (istio.io "Istio Standard Metrics"); what is not known is `unknown`. */
export interface TrafficLabels {
  readonly reporter: 'source' | 'destination';
  readonly source: WorkloadSpec | null;
  readonly destination: WorkloadSpec | null;
  readonly sourcePrincipal: string;
  readonly destinationPrincipal: string;
  readonly service: { readonly hostname: string; readonly name: string; readonly namespace: string };
  /** `mutual_tls`, `none`; the source does not know it. */
  readonly security: string;
}

const UNKNOWN = 'unknown';
const CLUSTER = 'Kubernetes';

export function trafficLabels(traffic: TrafficLabels): (readonly [string, string])[] {
  return [...partyLabels(traffic), ['connection_security_policy', traffic.security]];
}

/** Who spoke with whom; all that gRPC's counts of messages have. */
export function partyLabels(traffic: TrafficLabels): (readonly [string, string])[] {
  return [
    ['reporter', traffic.reporter],
    ...workloadLabels('source', traffic.source, traffic.sourcePrincipal),
    ...workloadLabels('destination', traffic.destination, traffic.destinationPrincipal),
    ['destination_service', traffic.service.hostname || UNKNOWN],
    ['destination_service_name', traffic.service.name || UNKNOWN],
    ['destination_service_namespace', traffic.service.namespace || UNKNOWN],
  ];
}

function workloadLabels(
  side: string,
  workload: WorkloadSpec | null,
  principal: string,
): (readonly [string, string])[] {
  return [
    [`${side}_workload`, workload?.workload || UNKNOWN],
    [`${side}_workload_namespace`, workload?.namespace || UNKNOWN],
    [`${side}_principal`, principal || UNKNOWN],
    [`${side}_app`, workload?.labels.app || UNKNOWN],
    [`${side}_version`, workload?.labels.version || UNKNOWN],
    [`${side}_canonical_service`, workload?.canonicalService || UNKNOWN],
    [`${side}_canonical_revision`, workload?.canonicalRevision || UNKNOWN],
    [`${side}_cluster`, workload === null ? UNKNOWN : CLUSTER],
  ];
}

/** The proxy's own workload; made of the node's facts where the snapshot does not list it. */
export function ownWorkload(node: NodeSpec, byAddress: ReadonlyMap<string, WorkloadSpec>): WorkloadSpec {
  for (const address of node.addresses) {
    const known = byAddress.get(address);
    if (known !== undefined) return known;
  }
  return {
    name: `${node.namespace}/${node.name}`,
    addresses: node.addresses,
    namespace: node.namespace,
    workload: node.name,
    serviceAccount: node.serviceAccount,
    labels: node.labels,
    canonicalService: node.canonicalService,
    canonicalRevision: node.canonicalRevision,
  };
}
