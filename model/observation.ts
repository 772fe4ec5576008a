/**
 * One request as one proxy of a mesh of tests saw it. Not traces: nothing samples it, and no header or document of a
 * user's switches it off.
 */
export interface ObservedRequest {
  /** Istio's word: the proxy of the caller (or a gateway), or of the container that was called. */
  readonly reporter: 'source' | 'destination';
  /** Milliseconds since 1970. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly source: ObservedParty;
  readonly destination: ObservedParty;
  /** The service that was meant: hostname, or the Host header where it is none of the mesh. */
  readonly service: string;
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  /** 0 = there was no answer. */
  readonly status: number;
  /** gRPC's, '' = no gRPC call. */
  readonly grpcStatus: string;
  /** Envoy's response flags. */
  readonly flags: readonly string[];
  /** How often it was tried, 0 = it was sent to nobody. */
  readonly attempts: number;
  /** Between these two, by this proxy's knowledge. */
  readonly isMtls: boolean;
  /** Name of the route, '' = it has none. */
  readonly route: string;
  /** What made the route (model/rule-id.ts), '' = no document did. */
  readonly rule: string;
  readonly requestId: string;
}

/** All '' = it is not known. */
export interface ObservedParty {
  /** Canonical service: the label `app`, mostly. */
  readonly app: string;
  readonly workload: string;
  readonly version: string;
  readonly namespace: string;
}

/** So many are sent at once, and may wait in a proxy; the controller keeps {@link MAX_KEPT_OBSERVATIONS}. */
export const MAX_OBSERVATIONS_PER_REPORT = 500;
export const MAX_WAITING_OBSERVATIONS = 20_000;
export const MAX_KEPT_OBSERVATIONS = 100_000;

/** Everything that the proxy has seen until it was asked is with the controller now, but for what was lost. */
export interface Flushed {
  readonly id: string;
  /** Requests that the proxy could not tell of, since its start. */
  readonly lost: number;
}
