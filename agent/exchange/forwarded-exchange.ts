import type { ResponseFlag } from '../../model/response-flag.ts';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import type { FormatContext } from '../policy/format.ts';
import type { LocalReply } from './failure.ts';
import type { HttpPipeline } from './pipeline.ts';
import type { Destination, RouteEntry } from './route-entry.ts';
import type { DownstreamStream } from './streams.ts';

/** What the forwarder needs of its exchange. */
export interface ForwardedExchange extends FormatContext {
  readonly pipeline: HttpPipeline;
  readonly downstream: DownstreamStream;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  readonly startedAtMs: number;
  readonly route: RouteEntry;
  readonly destination: Destination | null;
  readonly isOver: boolean;
  /** What the caller was answered, 0 = nothing yet. */
  readonly status: number;
  details: string;
  addFlag(flag: ResponseFlag): void;
  sendResponseHead(head: ResponseHead, hasBody: boolean): void;
  sendResponseData(chunk: Buffer): boolean;
  readonly isResponseWritten: boolean;
  sendResponseEnd(trailers: Headers | null): void;
  sendLocalReply(reply: LocalReply): void;
  abortResponse(flag: ResponseFlag, details: string): void;
  startTunnel(): void;
  endTunnel(): void;
  after(delayMs: number, task: () => void): void;
}
