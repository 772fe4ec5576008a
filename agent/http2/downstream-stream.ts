import { ERROR } from '../codec/h2/protocol.ts';
import type { ServerSession } from '../codec/h2/server-session.ts';
import type { H2Stream, StreamEvents } from '../codec/h2/stream.ts';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import type { DownstreamPeer, DownstreamStream } from '../exchange/streams.ts';

const nobodyWaits = () => {};

/** One request of a caller's HTTP/2 connection: the codec's stream on one side, the exchange on the other. */
export class DownstreamH2Stream implements DownstreamStream, StreamEvents {
  readonly peer: DownstreamPeer;
  readonly #session: ServerSession;
  readonly #stream: H2Stream;
  readonly #exchange: Exchange;

  constructor(
    session: ServerSession,
    stream: H2Stream,
    peer: DownstreamPeer,
    pipeline: HttpPipeline,
    head: RequestHead,
    hasBody: boolean,
  ) {
    this.peer = peer;
    this.#session = session;
    this.#stream = stream;
    this.#exchange = new Exchange(pipeline, this, head, hasBody, nobodyWaits);
  }

  start(): void {
    this.#exchange.start();
  }

  onData(chunk: Buffer): void {
    if (!this.#exchange.isOver) this.#exchange.onRequestData(chunk);
  }

  onEnd(trailers: Headers | null): void {
    if (!this.#exchange.isOver) this.#exchange.onRequestEnd(trailers);
  }

  onWritable(): void {
    if (!this.#exchange.isOver) this.#exchange.onDownstreamDrain();
  }

  onReset(): void {
    this.#exchange.onDownstreamClosed();
  }

  /** Answers are a client's matter. */
  onInterim(): void {}

  onResponse(): void {}

  sendInterim(head: ResponseHead): void {
    this.#session.sendInterim(this.#stream, head);
  }

  sendHead(head: ResponseHead, hasBody: boolean): void {
    this.#session.sendHead(this.#stream, head, hasBody);
  }

  sendData(chunk: Buffer): boolean {
    return this.#session.sendData(this.#stream, chunk);
  }

  sendEnd(trailers: Headers | null): void {
    this.#session.sendEnd(this.#stream, trailers);
  }

  abort(): void {
    this.#session.reset(this.#stream, ERROR.internal);
  }

  pauseRequest(): void {
    this.#session.pause(this.#stream);
  }

  resumeRequest(): void {
    this.#session.resume(this.#stream);
  }

  /** Neither 101 nor CONNECT get this far. */
  startTunnel(): void {
    this.abort();
  }
}
