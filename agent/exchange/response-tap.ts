import type { ResponseHead } from '../codec/head.ts';
import type { LocalReply } from './failure.ts';

/** Sees a host's answer pass, before the route's header operations. */
export interface ResponseTap {
  /** Another answer in place of the host's, which is then left unread; null = the host's goes on. */
  onHead(head: ResponseHead, hasBody: boolean): WholeResponse | null;
  onData(chunk: Buffer): void;
  /** The answer is whole. */
  onEnd(hasTrailers: boolean): void;
  /** The host gave none: an answer in place of the proxy's own; null = that goes on. */
  onLocalReply(reply: LocalReply): WholeResponse | null;
  /** Its request is over, however it ended. Not called where another answer was given. */
  onOver(): void;
}

export interface WholeResponse {
  readonly head: ResponseHead;
  /** Empty = none is sent. */
  readonly body: Buffer;
}
