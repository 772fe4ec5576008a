import type { EndpointSpec, EndpointsSpec } from './endpoint.ts';
import type { MissingMaterial, TlsMaterial } from './secret.ts';

/** Upstreams: service × port × subset, with the policies of the DestinationRule in force. */

export interface ClusterSpec {
  /** `outbound|9080|v1|reviews.default.svc.cluster.local`. */
  readonly name: string;
  readonly discovery: ClusterDiscovery;
  /** What is spoken to the endpoints; `downstream` = what the caller spoke. */
  readonly protocol: 'http1' | 'http2' | 'downstream' | 'tcp';
  readonly loadBalancer: LoadBalancerSpec;
  readonly connectTimeoutMs: number;
  readonly circuitBreaker: CircuitBreakerSpec;
  /** null = hosts are never ejected. */
  readonly outlier: OutlierSpec | null;
  readonly connections: ConnectionSpec;
  /** Connections begin with a PROXY header that tells of the caller; absent = they do not. */
  readonly proxyProtocol?: 'V1' | 'V2';
  /** null = plaintext. */
  readonly tls: UpstreamTlsSpec | null;
  /**
   * Mutual TLS of the mesh, for those of its hosts that speak it (`EndpointSpec.mutualTls`); absent where a rule says
   * what is spoken.
   */
  readonly autoTls?: UpstreamTlsSpec;
  /** Names for telemetry; null for the built-in clusters. */
  readonly service: ClusterService | null;
}

export interface ClusterService {
  readonly hostname: string;
  readonly name: string;
  readonly namespace: string;
  /** `MESH_EXTERNAL`: its hosts are no workloads of the mesh, whichever container has the address. */
  readonly isExternal?: true;
}

/**
 * Where the hosts come from.
 * `endpoints`: the endpoints resource of that name.
 * `original-destination`: where the connection was going; `sourceAddress` is dialled from ('' = any), `port` (0 =
 * keep) and `address` replace the destination's. Where that is a virtual address, a host is taken of the endpoints
 * resource that `endpoints` names, if it is there.
 * `dns`: resolved by the agent; `strict` balances over all answers, `logical` uses the first. Its hosts are endpoints
 * with a name (or an address) to be looked up.
 * `requested-name`: where the request's Host leads, TLS by its server name at `port`; looked up when it is called
 * (Envoy's dynamic forward proxy). A Host without port means 80, or 443 where the cluster speaks TLS.
 * `none`: every request fails with UH (BlackHoleCluster).
 */
export type ClusterDiscovery =
  | { readonly kind: 'endpoints'; readonly endpoints: string }
  | {
      readonly kind: 'original-destination';
      readonly sourceAddress: string;
      readonly port: number;
      readonly address?: string;
      readonly endpoints?: string;
    }
  | {
      readonly kind: 'dns';
      readonly mode: 'strict' | 'logical';
      readonly hosts: readonly DnsHost[];
      /** As of endpoints. */
      readonly localityWeights: EndpointsSpec['localityWeights'];
    }
  | { readonly kind: 'requested-name'; readonly port: number }
  | { readonly kind: 'none' };

/** Weight, locality and priority are those of each of its addresses. */
export interface DnsHost extends Pick<EndpointSpec, 'port' | 'weight' | 'locality' | 'priority'> {
  readonly host: string;
}

/** The endpoints resource that a cluster refers to; null = none. */
export function endpointsNameOf(discovery: ClusterDiscovery): string | null {
  return 'endpoints' in discovery ? (discovery.endpoints ?? null) : null;
}

export interface LoadBalancerSpec {
  readonly policy: 'least-request' | 'round-robin' | 'random' | 'ring-hash' | 'maglev';
  /** ring-hash: minimum ring size; maglev: table size; else 0. */
  readonly tableSize: number;
  /** TCP connections are hashed by the caller's address; HTTP by the route's hash policies. */
  readonly hashesSourceIp: boolean;
  /** Slow start of new hosts; null = off. */
  readonly warmup: WarmupSpec | null;
  /** Percent of healthy hosts below which health is ignored; 0 = panic mode off. */
  readonly panicThreshold: number;
}

export interface WarmupSpec {
  readonly durationMs: number;
  /** Share of its weight that a host begins with. */
  readonly minimumPercent: number;
  /** 1 = linear; above 1 the share grows fast first. */
  readonly aggression: number;
}

/** Hard limits per proxy and cluster. UNLIMITED = none. */
export interface CircuitBreakerSpec {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** Replaces `maxRetries`; null = none. */
  readonly retryBudget: RetryBudgetSpec | null;
}

/** Retries under way in percent of the requests under way, or of those that began in the last `intervalMs` (0 = off). */
export interface RetryBudgetSpec {
  readonly percent: number;
  readonly minConcurrency: number;
  readonly intervalMs: number;
}

export const UNLIMITED = 4294967295;

export interface OutlierSpec {
  /** 0 = off. */
  readonly consecutive5xx: number;
  readonly consecutiveGatewayErrors: number;
  readonly consecutiveLocalOriginFailures: number;
  readonly splitLocalOrigin: boolean;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionPercent: number;
  /** Statuses that count as errors in place of 5xx; empty = 5xx. */
  readonly errorStatuses: readonly number[];
}

export interface ConnectionSpec {
  /** 0 = unlimited; 1 = no keep-alive. */
  readonly maxRequestsPerConnection: number;
  /** An idle pooled connection is closed after this; default 1 h, 0 = never. */
  readonly idleTimeoutMs: number;
  /** 0 = unlimited. */
  readonly maxConnectionMs: number;
  /** null = off; 0 = what the system has. */
  readonly tcpKeepalive: {
    readonly timeMs: number;
    readonly intervalMs: number;
    readonly probes: number;
  } | null;
  /** Requests under way on one HTTP/2 connection; 0 = as many as the host takes. */
  readonly maxConcurrentStreams: number;
  /** PINGs that find a dead HTTP/2 connection; null = none are sent. */
  readonly http2KeepAlive: { readonly intervalMs: number; readonly timeoutMs: number } | null;
}

export interface UpstreamTlsSpec {
  /** `istio-mutual`: with the proxy's own certificate of the mesh, against the mesh's roots. */
  readonly mode: 'simple' | 'mutual' | 'istio-mutual';
  /** '' = the Host of each request, without port; none where there is no HTTP. */
  readonly sni: string;
  readonly alpn: readonly string[];
  /** One of them must be in the certificate (`istio-mutual`: SPIFFE ids, and none = nobody fits); empty = the server name must. */
  readonly subjectAltNames: readonly string[];
  /** Name of a secret resource; '' = the system's roots. */
  readonly trust: string;
  /** Name of the secret with our own certificate; '' = none. */
  readonly certificate: string;
  readonly skipVerify: boolean;
  /** What the two names mean: put in by the agent, absent in a snapshot and where nothing is named. */
  readonly material?: TlsMaterial | MissingMaterial;
}
