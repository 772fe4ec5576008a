import type { ClientSession } from '../codec/h2/client-session.ts';
import { ERROR } from '../codec/h2/protocol.ts';
import type { H2Stream, ResetOrigin, StreamEvents } from '../codec/h2/stream.ts';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import type { UpstreamEvents, UpstreamFailure, UpstreamStream } from '../exchange/streams.ts';
import { IDEMPOTENT } from '../http/upstream-connection.ts';

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
const PROTOCOL_ERROR: UpstreamFailure = { kind: 'protocol-error', reason: 'h2_protocol' };
const UNPROCESSED: UpstreamFailure = { kind: 'reset', reason: 'goaway', isUnprocessed: true };

/** One request to a host over a shared HTTP/2 connection. */
export class UpstreamH2Stream implements UpstreamStream, StreamEvents {
  readonly #session: ClientSession;
  readonly #stream: H2Stream;
  readonly #carrier: StreamCarrier;
  #events: UpstreamEvents | null;
  readonly #readsBefore: number;

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
    this.#stream = session.open(head, hasBody, this);
  }

  get localAddress(): string {
    return this.#carrier.localAddress;
  }

  sendData(chunk: Buffer): boolean {
    return this.#session.sendData(this.#stream, chunk);
  }

  sendEnd(trailers: Headers | null): void {
    this.#session.sendEnd(this.#stream, trailers);
  }

  sendTunnelEnd(): void {
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
    this.#session.reset(this.#stream, ERROR.cancel);
  }

  onInterim(head: ResponseHead): void {
    this.#events?.onInterim(head);
  }

  onResponse(head: ResponseHead, hasBody: boolean): void {
    this.#events?.onResponse(head, hasBody);
  }

  onData(chunk: Buffer): void {
    this.#events?.onResponseData(chunk);
  }

  onEnd(trailers: Headers | null): void {
    const events = this.#events;
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
        return PROTOCOL_ERROR;
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
