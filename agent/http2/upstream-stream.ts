import type { ClientSession } from '../codec/h2/client-session.ts';
import { ERROR, errorName } from '../codec/h2/protocol.ts';
import type { H2Stream, ResetOrigin, StreamEvents } from '../codec/h2/stream.ts';
import { BODY_NOT_TOLD, type Headers, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { UpstreamEvents, UpstreamFailure, UpstreamStream } from '../exchange/streams.ts';
import { IDEMPOTENT } from '../http/upstream-connection.ts';
import { withAccept } from './websocket-key.ts';

/** What a stream asks about the connection that it is on. */
export interface StreamCarrier {
  /** It had carried requests before this one, or its host is known to be gone. */
  readonly isProven: boolean;
  /** How often something came from the host. */
  readonly reads: number;
  /** `address:port` of this end. */
  readonly localAddress: string;
}

const REFUSED: UpstreamFailure = { kind: 'refused-stream' };
const REMOTE_RESET: UpstreamFailure = { kind: 'remote-reset' };
/** Of an upgrade: a WebSocket, to a server that said it takes none. */
export const NO_UPGRADES: UpstreamFailure = {
  kind: 'protocol-error',
  reason: 'the host takes no extended CONNECT',
};
const UNPROCESSED: UpstreamFailure = { kind: 'reset', reason: 'goaway', isUnprocessed: true };

/** One request to a host over a shared HTTP/2 connection. */
export class UpstreamH2Stream implements UpstreamStream, StreamEvents {
  readonly #session: ClientSession;
  readonly #stream: H2Stream;
  readonly #carrier: StreamCarrier;
  #events: UpstreamEvents | null;
  readonly #readsBefore: number;
  /** Set where the request asks for an upgrade: extended CONNECT here (RFC 8441). */
  readonly #asked: RequestHead | null;
  #isTunnel = false;
  #isSendEnded = false;
  #isReceiveEnded = false;

  constructor(
    session: ClientSession,
    carrier: StreamCarrier,
    head: RequestHead,
    hasBody: boolean,
    events: UpstreamEvents,
  ) {
    this.#session = session;
    this.#carrier = carrier;
    this.#events = events;
    this.#readsBefore = carrier.reads;
    this.#asked = head.upgrade === '' ? null : head;
    this.#stream = session.open(head, hasBody, this);
  }

  get localAddress(): string {
    return this.#carrier.localAddress;
  }

  sendData(chunk: Buffer): boolean {
    return this.#session.sendData(this.#stream, chunk);
  }

  /** What need not wait was copied behind the others' frames. */
  get isWritten(): boolean {
    return this.#stream.queue === null;
  }

  sendEnd(trailers: Headers | null): void {
    this.#session.sendEnd(this.#stream, trailers);
  }

  sendTunnelEnd(): void {
    this.#isSendEnded = true;
    this.sendEnd(null);
  }

  pauseResponse(): void {
    this.#session.pause(this.#stream);
  }

  resumeResponse(): void {
    this.#session.resume(this.#stream);
  }

  cancel(): void {
    this.#events = null;
    // A tunnel that both sides ended goes away by itself, behind the last bytes.
    const isDone = this.#isTunnel && this.#isSendEnded && this.#isReceiveEnded;
    if (!isDone) this.#session.reset(this.#stream, ERROR.cancel);
  }

  onInterim(head: ResponseHead): void {
    this.#events?.onInterim(head);
  }

  onResponse(head: ResponseHead, hasBody: boolean): void {
    const asked = this.#asked;
    if (asked === null || head.status >= 300) this.#events?.onResponse(head, hasBody);
    else {
      this.#isTunnel = true;
      this.#events?.onResponse(asUpgraded(head, asked), false);
    }
  }

  onData(chunk: Buffer): boolean {
    if (!this.#isTunnel) return this.#events?.onResponseData(chunk) ?? true;
    this.#events?.onUpstreamTunnelData(chunk);
    return false;
  }

  onEnd(trailers: Headers | null): void {
    this.#isReceiveEnded = true;
    if (this.#isTunnel) {
      this.#events?.onUpstreamTunnelEnd();
      return;
    }
    const events = this.#events;
    // A refused upgrade: nothing will follow from here either.
    if (this.#asked !== null) this.#session.reset(this.#stream, ERROR.cancel);
    this.#events = null;
    events?.onResponseEnd(trailers);
  }

  onWritable(): void {
    this.#events?.onUpstreamDrain();
  }

  onReset(code: number, origin: ResetOrigin): void {
    const events = this.#events;
    this.#events = null;
    events?.onUpstreamFailure(this.#failure(code, origin));
  }

  #failure(code: number, origin: ResetOrigin): UpstreamFailure {
    switch (origin) {
      case 'peer':
        return code === ERROR.refusedStream ? REFUSED : REMOTE_RESET;
      case 'protocol':
        return { kind: 'protocol-error', reason: this.#session.failure || errorName(code) };
      case 'unprocessed':
        return UNPROCESSED;
      case 'closed': {
        // Nothing came any more: as with a kept HTTP/1 connection that its host had closed.
        const isUnbegun = this.#carrier.isProven && this.#carrier.reads === this.#readsBefore;
        const isUnprocessed = isUnbegun && IDEMPOTENT.has(this.#stream.method);
        return { kind: 'reset', reason: 'connection termination', isUnprocessed };
      }
    }
  }
}

/** 2xx in HTTP/1.1's words. */
function asUpgraded(head: ResponseHead, asked: RequestHead): ResponseHead {
  const headers = withAccept(asked, head.headers);
  return { ...head, status: 101, headers, contentLength: BODY_NOT_TOLD, upgrade: asked.upgrade };
}
