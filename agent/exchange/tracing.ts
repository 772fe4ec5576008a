import type { RequestHead } from '../codec/head.ts';
import type { RecordSource } from './record.ts';

/** What tracing reads and changes of a request before it is routed. */
export interface TracedRequest {
  readonly request: RequestHead;
  requestId: string;
  /** How the caller's own proxy calls the operation; null = it said nothing. */
  readonly operation: string | null;
  /** `x-envoy-force-trace` was there, of somebody inside the mesh. */
  readonly isTraceForced: boolean;
}

/** A request that is traced; null stands for one that is not, and costs nothing more. */
export interface ActiveSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '' = the first of its trace. */
  readonly parentId: string;
  /** Its parent was concluded, and not told by headers. */
  readonly isInferred: boolean;
}

/** Told of every request of a pipeline that is traced, at its start and at its end. */
export interface ExchangeTracer {
  start(exchange: TracedRequest): ActiveSpan | null;
  end(span: ActiveSpan | null, exchange: RecordSource & TracedRequest & { readonly decorator: string }): void;
}
