// What the console asks the controller, and what it is answered: JSON on port 20001, below /api. Reading needs what all
// admin pages need (controller/admin/admin-guard.ts); PUT needs `authorization: Bearer` and the write token.
//
// GET  /api/status                                   ConsoleStatus
// GET  /api/services                                 ServiceView[]
// GET  /api/workloads                                WorkloadView[]
// GET  /api/routes?proxy=NAME                        RouteView[]          proxy: `name` of a WorkloadView
// GET  /api/logs?workload=NAME&of=app|agent&tail=N   LogView
// GET  /api/graph?seconds=N&until=MS                 GraphView            until 0 or absent = now
// GET  /api/traffic?node=ID&seconds=N&until=MS       TrafficView
// GET  /api/config                                   ConfigFileView[]
// GET  /api/schemas                                  Record<kind, JSON schema>
// POST /api/preview   ConfigChange                   PreviewView          changes nothing, needs no token
// PUT  /api/config    ConfigChange                   ConfigFileView       409 = the file is another than `basedOn`
// GET  /api/history                                  HistoryEntry[]       newest first
// GET  /api/history/entry?id=N                       HistoryDetail
// GET  /api/traces?service=&status=&minMs=&maxMs=&tag=KEY%3DVALUE&seconds=N&limit=N   TraceSummary[], newest first
// GET  /api/trace?id=TRACE                           TraceView            404 = not kept
// GET  /api/events    server-sent events: `changed` with a {@link ChangedEvent}, and a comment every 15 s
//
// An event says only "look": pages ask again for what they show. Errors are an {@link ApiError}. 401 = the write token is
// missing or wrong. Where LATEEN_ADMIN_TOKEN is set, reading needs `authorization: Bearer` too (403 without it), with that
// token or with the write token; the page itself is for everybody.
import type { Labels } from './labels.ts';
import type { Span } from './span.ts';

export type ConsoleTopic = 'status' | 'services' | 'workloads' | 'traffic' | 'config' | 'history' | 'traces';

export interface ChangedEvent {
  readonly topics: readonly ConsoleTopic[];
}

export interface ApiError {
  readonly error: string;
  readonly remedy: string;
}

export interface ConsoleStatus {
  readonly meshId: string;
  readonly version: string;
  /** The controller's clock, milliseconds since 1970. */
  readonly nowMs: number;
  readonly isDockerConnected: boolean;
  /** Every proxy has what is in force. */
  readonly isSettled: boolean;
  /** A write token is set and the directory can be written; else everything is read-only, and `whyReadOnly` says why. */
  readonly canWrite: boolean;
  readonly whyReadOnly: string;
  readonly errors: number;
  readonly warnings: number;
  /** Oldest second that the graph can show. */
  readonly oldestTrafficMs: number;
}

/** One of Istio's documents, where it stands. */
export interface RuleRef {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly file: string;
  /** 1-based, 0 = not known. */
  readonly line: number;
}

export interface ServiceView {
  readonly name: string;
  readonly namespace: string;
  readonly hostname: string;
  readonly kind: 'service' | 'gateway' | 'external';
  readonly ports: readonly { readonly number: number; readonly name: string; readonly protocol: string }[];
  readonly endpoints: readonly EndpointView[];
  /** Documents whose host or selector means it. */
  readonly rules: readonly RuleRef[];
  /** What PeerAuthentication asks of its callers. */
  readonly mtls: 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'UNSET';
}

export interface EndpointView {
  readonly address: string;
  readonly port: number;
  /** `name` of the WorkloadView, '' = none of the mesh. */
  readonly workload: string;
  readonly version: string;
  readonly health: 'ready' | 'starting' | 'failing' | 'unhealthy' | 'draining';
  readonly locality: string;
  /** Callers whose proxy has ejected it, by outlier detection. */
  readonly ejectedBy: readonly string[];
}

export interface WorkloadView {
  readonly id: string;
  /** Container name; unique. */
  readonly name: string;
  /** Graph node. */
  readonly node: string;
  readonly workload: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
  readonly labels: Labels;
  readonly image: string;
  /** `running`, `paused`, `restarting` … as Docker says. */
  readonly state: string;
  readonly startedAt: string;
  readonly health: EndpointView['health'];
  readonly addresses: readonly string[];
  /** null = not known. */
  readonly openPorts: readonly number[] | null;
  readonly proxy: 'sidecar' | 'gateway' | null;
  readonly identity: string;
  readonly certificate: { readonly serial: string; readonly notAfterMs: number } | null;
  readonly sync: {
    readonly state: string;
    readonly version: string;
    readonly lastError: string;
    readonly lastReplyMs: number;
  };
  /** Clusters of its proxy with something to tell: ejected hosts, an open breaker, retries. */
  readonly clusters: readonly ClusterHealthView[];
}

/** Gauges and counters since the proxy's start, by Envoy's names. */
export interface ClusterHealthView {
  readonly cluster: string;
  readonly activeConnections: number;
  readonly activeRequests: number;
  readonly pendingRequests: number;
  readonly ejectedHosts: number;
  readonly pendingOverflow: number;
  readonly retries: number;
}

/** One route of a proxy, in words. */
export interface RouteView {
  readonly direction: 'inbound' | 'outbound' | 'gateway';
  readonly listener: string;
  readonly domains: readonly string[];
  /** `prefix /api, header end-user = jason`, 'any'. */
  readonly match: string;
  /** `90 % reviews v1, 10 % reviews v2`, `redirect to …`, `503 …`. */
  readonly action: string;
  /** `timeout 2 s`, `3 retries on 5xx`, `fault: 10 % abort 500`. */
  readonly extras: readonly string[];
  readonly rule: RuleRef | null;
}

export interface LogView {
  readonly lines: readonly {
    readonly atMs: number;
    readonly stream: 'stdout' | 'stderr';
    readonly text: string;
  }[];
  /** '' = all is well; else why there is nothing. */
  readonly problem: string;
}

export interface GraphView {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  /** `workload/NAMESPACE/WORKLOAD/VERSION`, `external/HOST`, `service/HOST` (nobody answered), `unknown`. */
  readonly id: string;
  readonly kind: 'workload' | 'gateway' | 'external' | 'service' | 'unknown';
  /** Canonical service: nodes of one app are drawn together. '' = none. */
  readonly app: string;
  readonly namespace: string;
  readonly version: string;
  readonly label: string;
  /** Containers that run, are not ready, and have no proxy in force. */
  readonly containers: number;
  readonly unready: number;
  readonly unsynced: number;
}

export interface GraphEdge {
  readonly source: string;
  readonly target: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly mtls: 'all' | 'some' | 'none';
  readonly figures: TrafficFigures;
  /** `503 UH` → how often, most frequent first; '200' without flags. */
  readonly outcomes: readonly { readonly outcome: string; readonly count: number }[];
}

/** Of the window that was asked for. */
export interface TrafficFigures {
  readonly requestsPerSecond: number;
  /** 0 to 1: HTTP 5xx and no answer; gRPC statuses that Istio's dashboards count; TCP connections that failed. */
  readonly errorShare: number;
  /** Milliseconds; null = nothing was answered. */
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly bytesInPerSecond: number;
  readonly bytesOutPerSecond: number;
  readonly openConnections: number;
}

export interface TrafficView {
  readonly stepMs: number;
  readonly inbound: readonly TrafficPoint[];
  readonly outbound: readonly TrafficPoint[];
}

export interface TrafficPoint extends TrafficFigures {
  readonly atMs: number;
}

export interface ConfigFileView {
  /** Path below the config directory. */
  readonly file: string;
  readonly text: string;
  readonly hash: string;
  /** Whether the file as it stands is in force as a whole; else its last good documents are. */
  readonly isInForce: boolean;
  readonly documents: readonly RuleRef[];
  readonly violations: readonly ViolationView[];
  /** '' = it may be saved; else why this file may not, e.g. since it holds a Secret, whose values are `[redacted]`. */
  readonly whyReadOnly: string;
}

export interface ViolationView {
  readonly code: string;
  readonly severity: 'Error' | 'Warning' | 'Info';
  readonly message: string;
  readonly remedy: string;
  readonly resource: string;
  readonly file: string;
  /** 1-based, 0 = not known. */
  readonly line: number;
  readonly column: number;
  readonly path: string;
}

export interface ConfigChange {
  readonly file: string;
  /** null = the file goes. */
  readonly text: string | null;
  /** `hash` of the file that was edited, '' = there is to be none yet. */
  readonly basedOn: string;
}

export interface PreviewView {
  readonly violations: readonly ViolationView[];
  /** Proxies that would get something else. */
  readonly proxies: readonly {
    readonly proxy: string;
    readonly changes: readonly {
      readonly change: 'added' | 'changed' | 'removed';
      /** `route`, `cluster`, `listener` … */
      readonly kind: string;
      readonly name: string;
      /** YAML of the resource before and after, '' = none. */
      readonly before: string;
      readonly after: string;
    }[];
  }[];
}

export interface HistoryEntry {
  readonly id: number;
  readonly atMs: number;
  readonly file: string;
  readonly change: 'added' | 'changed' | 'removed';
  readonly addedLines: number;
  readonly removedLines: number;
  readonly errors: number;
}

export interface HistoryDetail extends HistoryEntry {
  /** null = there was no such file. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface TraceSummary {
  readonly traceId: string;
  readonly startMs: number;
  readonly durationMs: number;
  /** Service and operation of the first span. */
  readonly service: string;
  readonly name: string;
  readonly services: readonly string[];
  readonly spans: number;
  readonly isError: boolean;
  /** HTTP status of the first span, 0 = it has none. */
  readonly status: number;
}

export interface TraceView {
  readonly traceId: string;
  readonly spans: readonly SpanView[];
}

export interface SpanView extends Span {
  /** Its parent was inferred: the app passed no headers on. */
  readonly isParentInferred: boolean;
  /** The rule that routed it; null = a default route, or it tells of none. */
  readonly rule: RuleRef | null;
  /** How often it was tried, 1 = once. */
  readonly attempts: number;
  /** `delay`, `abort`: what a fault rule did to it. */
  readonly faults: readonly string[];
}
