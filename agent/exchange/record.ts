import type { TrafficSide } from '../../model/telemetry.ts';
import type { Headers } from '../codec/head.ts';
import type { DryRunResults } from '../policy/authorization/authorizer.ts';
import type { AgreedTls } from './streams.ts';

/** All that is known of a finished exchange: the access log's line, the test's hop, the console's row. */
export interface ExchangeRecord {
  /** What the proxy was to this traffic. */
  readonly side: TrafficSide;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly method: string;
  /** Normalised, before any rewrite (`%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%`). */
  readonly path: string;
  /** What it has become by rewrites, `:path` now. */
  readonly sentPath: string;
  readonly authority: string;
  readonly protocol: string;
  readonly status: number;
  /** Comma-separated response flags, '' = none. */
  readonly flags: string;
  readonly details: string;
  readonly routeName: string;
  /** What made the route (model/rule-id.ts), '' = no document did. */
  readonly rule: string;
  /** '' = none was chosen. */
  readonly cluster: string;
  /** `address:port`, '' = none was chosen. */
  readonly upstream: string;
  readonly upstreamServiceMs: number | null;
  readonly attempts: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly remoteAddress: string;
  /** Where the client is by the word of proxies; absent = the peer itself is meant. */
  readonly clientAddress?: string;
  readonly localAddress: string;
  readonly peerIdentity: string;
  /** SPIFFE id of the proxy itself where it spoke mutual TLS with the caller, else ''. */
  readonly ownIdentity: string;
  /** The container's own name, `%HOSTNAME%`. */
  readonly hostname: string;
  readonly requestId: string;
  /** `http` or `https`, '' = no HTTP. */
  readonly scheme: string;
  /** As they were sent on. */
  readonly requestHeaders: Readonly<Headers>;
  readonly responseHeaders: Readonly<Headers>;
  readonly responseTrailers: Readonly<Headers>;
  /** gRPC's status by number, '' = no gRPC call. */
  readonly grpcStatus: string;
  /** `address:port` of the proxy's end towards the host, '' = there was none. */
  readonly upstreamLocalAddress: string;
  /** Of the caller's TLS; absent = plain text. */
  readonly tls?: AgreedTls;
  /** SNI, '' = none. */
  readonly serverName: string;
  /** Why a connection to the host could not be made, '' = it could. */
  readonly transportFailure: string;
  /** From the beginning to the end of the caller's request, and to the host's answer; absent = there was none. */
  readonly requestMs?: number;
  readonly responseMs?: number;
  /** '' or absent = it is not traced. */
  readonly traceId?: string;
  /** What dry runs of policies would have said of a request; null or absent = there were none. */
  readonly dryRuns?: DryRunResults | null;
  /** Why a connection was closed before anything was served on it. */
  readonly terminationDetails?: string;
  /** Why the caller's handshake of TLS failed. */
  readonly tlsFailure?: string;
}

export interface RecordSource {
  /** By the monotonic clock. */
  readonly startedAtMs: number;
  toRecord(): ExchangeRecord;
}
