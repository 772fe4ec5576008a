import type { ResponseHead } from '../codec/head.ts';

/** Sees a host's answer pass, before the route's header operations; local replies do not come by. */
export interface ResponseTap {
  /** Another answer in place of the host's, which has no body then; null = the host's goes on. */
  onHead(head: ResponseHead, hasBody: boolean): WholeResponse | null;
  onData(chunk: Buffer): void;
  /** The answer is whole. */
  onEnd(hasTrailers: boolean): void;
}

export interface WholeResponse {
  readonly head: ResponseHead;
  /** Empty = none is sent. */
  readonly body: Buffer;
}
