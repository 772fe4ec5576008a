/** How things are called: hosts, clusters, identities. Istio's own forms, since people grep for them. */

export const DOMAIN_SUFFIX = 'cluster.local';
export const ROOT_NAMESPACE = 'istio-system';
export const DEFAULT_NAMESPACE = 'default';
/** Of certificates that are files: they are there for every namespace. */
export const ANY_NAMESPACE = '*';
export const TRUST_DOMAIN = 'cluster.local';
/** The reserved gateway name that means every sidecar (VirtualService.gateways). */
export const MESH_GATEWAY = 'mesh';

export const PASSTHROUGH_CLUSTER = 'PassthroughCluster';
/** With `ALLOW_ANY_DYNAMIC_DNS`: HTTP to unknown hosts, which the proxy looks up. */
export const DYNAMIC_DNS_CLUSTER = 'AllowAnyDynamicDNSCluster';
export const DYNAMIC_DNS_ROUTE = 'allow_any_dynamic_dns';
export const BLACK_HOLE_CLUSTER = 'BlackHoleCluster';
/** The route of unknown hosts that are refused. */
export const BLOCK_ALL_ROUTE = 'block_all';
export const INBOUND_PASSTHROUGH_CLUSTER = 'InboundPassthroughCluster';
/** The mesh's own rate limit service, in the controller. */
export const BUILT_IN_RATE_LIMIT_CLUSTER = 'lateen_ratelimit';

/** `reviews`, `default` → `reviews.default.svc.cluster.local`. */
export function serviceHostname(name: string, namespace: string): string {
  return `${name}.${namespace}.svc.${DOMAIN_SUFFIX}`;
}

/** `outbound|9080|v1|reviews.default.svc.cluster.local`; the subset is '' for the whole service. */
export function outboundClusterName(port: number, subset: string, hostname: string): string {
  return `outbound|${port}|${subset}|${hostname}`;
}

/** `outbound_.9080_.v1_.reviews.default.svc.cluster.local`: the cluster as an SNI (Istio's `BuildDNSSrvSubsetKey`). */
export function sniClusterName(port: number, subset: string, hostname: string): string {
  return `outbound_.${port}_.${subset}_.${hostname}`;
}

/** `inbound|9080||`, after the workload's own (target) port. */
export function inboundClusterName(targetPort: number): string {
  return `inbound|${targetPort}||`;
}

export interface ClusterNameParts {
  readonly direction: 'outbound' | 'inbound';
  readonly port: number;
  readonly subset: string;
  readonly hostname: string;
}

/** The parts of a cluster's name; null for names of another form such as `PassthroughCluster`. */
export function parseClusterName(name: string): ClusterNameParts | null {
  const parts = name.split('|');
  const [direction, port, subset, hostname] = parts;
  if (parts.length !== 4 || (direction !== 'outbound' && direction !== 'inbound')) return null;
  return { direction, port: Number(port), subset: subset ?? '', hostname: hostname ?? '' };
}

/** `spiffe://cluster.local/ns/NS/sa/SA` (SPIFFE-ID §2, Istio's path). */
export function spiffeId(
  namespace: string,
  serviceAccount: string,
  trustDomain: string = TRUST_DOMAIN,
): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}
