import type { Headers, ResponseHead } from '../head.ts';
import { STREAM_WINDOW } from './protocol.ts';

/** What is told of one stream. After `onReset`, or once both sides have ended, nothing follows. */
export interface StreamEvents {
  /** A client's streams only, as {@link onResponse}: 1xx. */
  onInterim(head: ResponseHead): void;
  onResponse(head: ResponseHead, hasBody: boolean): void;
  /** True = nothing of the chunk is kept: its bytes may be overwritten. */
  onData(chunk: Buffer): boolean;
  onEnd(trailers: Headers | null): void;
  /** What was held back is on its way: go on sending. */
  onWritable(): void;
  /** The stream is over before it was whole. `code` is RFC 9113 §7's. */
  onReset(code: number, origin: ResetOrigin): void;
}

/**
 * `peer`: it reset the stream. `unprocessed`: it will not work on it and never did (GOAWAY, §6.8). `protocol`: it broke
 * the rules of the stream or of the connection. `closed`: the connection is gone.
 */
export type ResetOrigin = 'peer' | 'unprocessed' | 'protocol' | 'closed';

/** Content-Length of what is received is not known. */
export const ANY_LENGTH = -1;

/**
 * State of one stream (RFC 9113 §5.1), for both roles. `idle` streams have no object, `closed` ones are not in the
 * session's table any more; a half-closed one has one of the two `is…Closed` set.
 */
export class H2Stream {
  readonly id: number;
  /** Of the request. */
  readonly method: string;
  readonly openedAtMs: number;
  events: StreamEvents | null = null;

  /** The final head has come: what follows is DATA, then trailers. */
  hasHead = false;
  isReceiveClosed = false;
  isSendClosed = false;
  /** A head of ours went out. */
  hasSentHead = false;
  isGone = false;
  /** Its answer pays for nothing (see FloodGuard). */
  isWasted = false;
  /** A server's stream on which bytes go both ways, each side until it ends (RFC 8441 §5): set by who answers. */
  isTunnel = false;

  /** Bytes of body that the head still promises, or ANY_LENGTH. */
  expectedBytes = ANY_LENGTH;
  receiveWindow = STREAM_WINDOW;
  /** Bytes read, but not given back to the peer's window yet. */
  uncreditedBytes = 0;
  /** Bytes that came while the reader had asked to wait. */
  heldBytes = 0;
  isPaused = false;

  sendWindow: number;
  /** Chunks that the windows or the socket hold back; null = none. */
  queue: Buffer[] | null = null;
  /** Bytes of the first chunk that are sent. */
  queueOffset = 0;
  isEndQueued = false;
  queuedTrailers: Headers | null = null;
  /** The sender was told to wait. */
  wantsWritable = false;

  constructor(id: number, method: string, sendWindow: number, openedAtMs: number) {
    this.id = id;
    this.method = method;
    this.openedAtMs = openedAtMs;
    this.sendWindow = sendWindow;
  }
}
