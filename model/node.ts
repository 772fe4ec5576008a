import type { HealthCheckSpec } from './health-check.ts';
import type { Labels } from './labels.ts';
import type { AccessLogsSpec, MetricsSpec, TracingBySide } from './telemetry.ts';

/** What becomes of `x-forwarded-client-cert` (Envoy's forward_client_cert_details). */
export type ForwardsCertificate =
  | 'SANITIZE'
  | 'FORWARD_ONLY'
  | 'APPEND_FORWARD'
  | 'SANITIZE_SET'
  | 'ALWAYS_FORWARD_ONLY';

export type CertificatePart = 'cert' | 'chain' | 'subject' | 'uri' | 'dns';

/** ProxyConfig.proxyHeaders, as far as it is not the default. */
export interface ProxyHeadersSpec {
  /** `server` of answers; '' = that of the host stays, and none is added. */
  readonly server?: string;
  /** Absent = APPEND_FORWARD at a sidecar, SANITIZE_SET at a gateway. */
  readonly clientCertificate?: ForwardsCertificate;
  /** What is told of a certificate beside its hash; absent = as Istio has it. */
  readonly certificateParts?: readonly CertificatePart[];
  /** Who sends no `x-request-id` gets none. */
  readonly omitsRequestId?: true;
  readonly omitsAttemptCount?: true;
  /** Of `x-envoy-…` those that Envoy's router adds. */
  readonly omitsDebugHeaders?: true;
  /** `x-forwarded-host` tells a Host that is rewritten. */
  readonly tellsHost?: true;
  /** `x-forwarded-port` tells the port of a gateway that was called. */
  readonly tellsPort?: true;
}

/** The proxy that a snapshot is for, and mesh-wide settings that its data path needs. */
export interface NodeSpec {
  /** `sidecar~reviews-v1-1.default`, `router~istio-ingressgateway.istio-system`. */
  readonly id: string;
  readonly kind: 'sidecar' | 'gateway';
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  /** Its SPIFFE id; absent = not known (yet). */
  readonly identity?: string;
  readonly canonicalService: string;
  readonly canonicalRevision: string;
  readonly meshId: string;
  /** The container's own addresses. */
  readonly addresses: readonly string[];
  /** MeshConfig.pathNormalization. */
  readonly pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  /** What becomes of requests with a header whose name has an underscore; absent = nothing. */
  readonly underscores?: 'reject' | 'drop';
  /** And of paths with an escaped slash, `%2F` or `%5C`; absent = nothing. */
  readonly escapedSlashes?: 'reject' | 'redirect' | 'forward';
  /** Silence after which an `auto` port is TCP; 0 = wait for ever (Istio's own default). */
  readonly protocolDetectionTimeoutMs: number;
  /** Absent = all as Istio has it by default. */
  readonly headers?: ProxyHeadersSpec;
  /** gatewayTopology.numTrustedProxies. */
  readonly numTrustedProxies: number;
  /** Connections to a gateway begin with a PROXY header (gatewayTopology.proxyProtocol); absent = they do not. */
  readonly takesProxyProtocol?: true;
  /** connectionSettings.httpRequestHeadersTimeout, for gateways and sidecars; absent = no limit (Istio's default). */
  readonly requestHeadersTimeoutMs?: number;
  /** How long a stopping agent lets requests finish (terminationDrainDuration). */
  readonly drainMs: number;
  /** A mesh of tests: the controller is told of every request (model/observation.ts). */
  readonly isObserved?: true;
  /** None = off (Istio's default). */
  readonly accessLogs: AccessLogsSpec;
  /** Absent = Istio's standard metrics. */
  readonly metrics?: MetricsSpec;
  /** Absent = nothing is traced. */
  readonly tracing?: TracingBySide;
  /** Where the application has metrics of its own, to be shown beside the proxy's; absent = nowhere. */
  readonly applicationMetrics?: { readonly port: number; readonly path: string };
  /** Only where the container has the label. */
  readonly healthCheck?: HealthCheckSpec;
}
