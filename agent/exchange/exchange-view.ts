import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import type { DryRunResults } from '../policy/authorization/authorizer.ts';
import type { GrpcMessages } from '../policy/grpc-messages.ts';
import type { HttpPipeline } from './pipeline.ts';
import type { DownstreamPeer } from './streams.ts';

/** What the functions beside the exchange read of it; the class itself would make a circle of imports. */
export interface Exchange {
  readonly pipeline: HttpPipeline;
  readonly peer: DownstreamPeer;
  readonly request: RequestHead;
  readonly startedAtMs: number;
  readonly routeName: string;
  readonly rule: string;
  /** '' = it is not traced. */
  readonly traceId: string;
  readonly status: number;
  readonly flags: string;
  readonly details: string;
  readonly dryRuns: DryRunResults | null;
  readonly grpcMessages: GrpcMessages | null;
  /** Until the request was whole, where a record is made; null = it is not. */
  readonly requestMs: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly responseHead: ResponseHead | null;
  readonly responseTrailers: Headers | null;
  readonly destination: { readonly clusterName: string; readonly cluster: object | null } | null;
  /** `x-envoy-decorator-operation` of the route, '' = none. */
  readonly decorator: string;
  readonly forwarder: ForwardedView | null;
  scheme: string;
  requestId: string;
  /** How the caller's own proxy calls the operation; null = it said nothing. */
  operation: string | null;
  /** `x-envoy-force-trace` was there, of somebody inside the mesh. */
  isTraceForced: boolean;
  header(name: string): string;
}

export interface ForwardedView {
  readonly attempts: number;
  readonly host: { readonly address: string; readonly port: number } | null;
  readonly upstreamServiceMs: number | null;
  /** Until the host's answer began; null = there is none. */
  readonly responseMs: number | null;
  readonly upstreamLocalAddress: string;
}
