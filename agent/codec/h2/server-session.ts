import type { Headers, RequestHead, ResponseHead } from '../head.ts';
import {
  ERROR,
  HEADER_LIMITS,
  MAX_CONCURRENT_STREAMS,
  MAX_STREAM_ID,
  SETTING,
  STREAM_WINDOW,
} from './protocol.ts';
import { readRequestHead } from './read-head.ts';
import { H2Session } from './session.ts';
import { H2Stream } from './stream.ts';

export interface ServerSink {
  /** Set `stream.events`; the body follows there. */
  onRequest(stream: H2Stream, head: RequestHead, hasBody: boolean): void;
  /** The same for a head beyond the limits: some of its fields are missing, so that it must be refused. */
  onTooLarge(stream: H2Stream, head: RequestHead): void;
  /** No stream is left and none will come: the connection may end. */
  onDrained(): void;
}

/** The server's side: requests in, answers out. */
export class ServerSession extends H2Session {
  readonly #sink: ServerSink;
  #lastStream = 0;
  /** Streams above it are refused; what a final GOAWAY said. */
  #goAwayAbove = MAX_STREAM_ID;
  #isDraining = false;

  constructor(sink: ServerSink) {
    super(true, 0);
    this.#sink = sink;
    this.start([
      ...[SETTING.maxConcurrentStreams, MAX_CONCURRENT_STREAMS],
      ...[SETTING.initialWindowSize, STREAM_WINDOW],
      ...[SETTING.maxHeaderListSize, HEADER_LIMITS.maxListBytes],
      ...[SETTING.enableConnectProtocol, 1],
    ]);
  }

  sendInterim(stream: H2Stream, head: ResponseHead): void {
    if (!stream.isGone && !this.isClosed) this.sender.response(stream, head, false);
  }

  sendHead(stream: H2Stream, head: ResponseHead, hasBody: boolean): void {
    if (!stream.isGone && !this.isClosed) this.sender.response(stream, head, !hasBody);
  }

  /**
   * Graceful end (RFC 9113 §6.8): says that it is about to, waits for one round trip, so that what is under way still
   * gets in, then says which request was the last.
   */
  drain(): void {
    if (this.#isDraining || this.isClosed) return;
    this.#isDraining = true;
    this.goAway(MAX_STREAM_ID, ERROR.none);
    this.ping();
  }

  protected onPingAck(): void {
    if (!this.#isDraining || this.#goAwayAbove !== MAX_STREAM_ID) return;
    this.#goAwayAbove = this.#lastStream;
    this.goAway(this.#lastStream, ERROR.none);
    this.#endIfDrained();
  }

  protected get lastPeerStream(): number {
    return this.#lastStream;
  }

  protected isIdle(streamId: number): boolean {
    return streamId > this.#lastStream || streamId % 2 === 0;
  }

  protected onUnknownHeaders(streamId: number, fields: Headers, isEnd: boolean): void {
    if (streamId <= this.#lastStream) {
      this.onLateHeaders(streamId);
      return;
    }
    this.#lastStream = streamId;
    if (streamId > this.#goAwayAbove || this.streams.size >= MAX_CONCURRENT_STREAMS) {
      this.refuse(streamId, ERROR.refusedStream);
      return;
    }
    const head = this.isHeadMalformed ? null : readRequestHead(fields, !isEnd);
    if (head !== null) this.#open(streamId, head, isEnd);
    else this.refuse(streamId, this.isHeadTooLarge ? ERROR.enhanceYourCalm : ERROR.protocol);
  }

  #open(streamId: number, head: RequestHead, isEnd: boolean): void {
    const stream = new H2Stream(streamId, head.method, this.sender.initialWindow, this.guard.nowMs);
    stream.hasHead = true;
    if (head.contentLength >= 0) stream.expectedBytes = head.contentLength;
    this.streams.set(streamId, stream);
    // Known before it is told: an answer given at once must not take the request for unfinished.
    stream.isReceiveClosed = isEnd;
    if (this.isHeadTooLarge) {
      stream.isWasted = true;
      this.guard.countWastedStream();
      this.#sink.onTooLarge(stream, head);
      return;
    }
    this.#sink.onRequest(stream, head, !isEnd && head.upgrade === '');
    if (isEnd) stream.events?.onEnd(null);
  }

  /** Every stream of a server has its head from the beginning. */
  protected onHead(): void {}

  protected onGoAway(): void {}

  protected onPeerSettings(): void {}

  /** The answer is whole before the request: the rest of it is of no use (RFC 9113 §8.1). */
  protected override onHalfClosed(stream: H2Stream): void {
    if (!stream.isTunnel) this.reset(stream, ERROR.none);
  }

  protected onStreamGone(): void {
    this.#endIfDrained();
  }

  #endIfDrained(): void {
    if (this.#goAwayAbove !== MAX_STREAM_ID && this.streams.size === 0 && !this.isClosed) {
      this.#sink.onDrained();
    }
  }
}
