/**
 * What a proxy tells the controller of its traffic: what its metrics have counted since the report before, and the gauges of
 * its clusters that are others than before. It never says who it is itself: the controller knows that by its session.
 */
export interface TrafficReport {
  /** Of this stream: what was told before of gauges is void. */
  readonly isFirst: boolean;
  readonly edges: readonly EdgeReport[];
  readonly clusters: readonly ClusterReport[];
}

/** Requests or connections between the reporter and one other, of one service, protocol and security. */
export interface EdgeReport {
  /** Which side the reporter is (Istio's label `reporter`). */
  readonly reporter: 'source' | 'destination';
  /** The other side; null = it is no known workload, or nobody was reached. */
  readonly peer: PeerReport | null;
  /** `destination_service`: the hostname; an unknown host is told by its authority. */
  readonly service: string;
  readonly protocol: 'http' | 'grpc' | 'tcp';
  readonly isMutualTls: boolean;
  /** Requests that are over, and TCP connections that are. */
  readonly outcomes: readonly OutcomeReport[];
  /** Durations of requests: place in {@link BUCKETS} of base/metrics.ts, and how many; the last place is above all. */
  readonly durations: readonly (readonly [bucket: number, count: number])[];
  /** From the source to the destination, and back. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** TCP connections that were opened; 0 for HTTP. */
  readonly opened: number;
  /** TCP connections that are open now; absent = as before. */
  readonly open?: number;
}

export interface PeerReport {
  readonly workload: string;
  readonly namespace: string;
  /** '' = none. */
  readonly version: string;
  /** Canonical service. */
  readonly app: string;
}

export interface OutcomeReport {
  /** HTTP's status, 0 = no answer, or TCP. */
  readonly code: number;
  /** Envoy's response flags, '' = none. */
  readonly flags: string;
  /** '' = no gRPC, or it has none. */
  readonly grpcStatus: string;
  readonly count: number;
}

/** Gauges, and counters since the proxy's start, of one cluster (Envoy's names in agent/telemetry/cluster-metrics.ts). */
export interface ClusterReport {
  readonly cluster: string;
  readonly activeConnections: number;
  readonly activeRequests: number;
  readonly pendingRequests: number;
  readonly pendingOverflow: number;
  readonly retries: number;
  /** `address:port` of hosts that outlier detection has ejected. */
  readonly ejected: readonly string[];
}

/** How often a proxy that has something to tell tells it. */
export const TRAFFIC_REPORT_MS = 1000;
/** Of one report; what is beyond waits for the next. */
export const MAX_EDGES_PER_REPORT = 200;
export const MAX_CLUSTERS_PER_REPORT = 200;
export const MAX_OUTCOMES_PER_EDGE = 30;
