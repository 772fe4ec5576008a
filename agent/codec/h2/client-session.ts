import type { Headers, RequestHead } from '../head.ts';
import { writePreface } from './frame-writer.ts';
import {
  ASSUMED_CONCURRENT_STREAMS,
  ERROR,
  HEADER_LIMITS,
  MAX_STREAM_ID,
  SETTING,
  STREAM_WINDOW,
} from './protocol.ts';
import { readResponseHead } from './read-head.ts';
import { H2Session } from './session.ts';
import { H2Stream, type StreamEvents } from './stream.ts';

export interface ClientSink {
  /** A stream ended, or the peer takes more or fewer of them than before. */
  onCapacity(): void;
  /** The server takes no further request on this connection. */
  onGoAway(code: number): void;
  /** The server has answered {@link ClientSession.askAlive}. */
  onAlive(): void;
}

/** The client's side: requests out, answers in. */
export class ClientSession extends H2Session {
  readonly #sink: ClientSink;
  readonly #scheme: string;
  #nextStream = 1;
  #isGoingAway = false;

  constructor(scheme: 'http' | 'https', sink: ClientSink) {
    super(false, ASSUMED_CONCURRENT_STREAMS);
    this.#sink = sink;
    this.#scheme = scheme;
    writePreface(this.output);
    this.start([
      ...[SETTING.enablePush, 0],
      ...[SETTING.initialWindowSize, STREAM_WINDOW],
      ...[SETTING.maxHeaderListSize, HEADER_LIMITS.maxListBytes],
    ]);
  }

  /** Another request may be sent now. */
  get hasRoom(): boolean {
    return !this.isGoingAway && this.streams.size < this.peer.maxConcurrentStreams;
  }

  /** The server has said that it takes no extended CONNECT. */
  get refusesUpgrades(): boolean {
    return this.hasSettings && !this.peer.takesUpgrades;
  }

  /** None may be sent any more: the server said so, the numbers are used up, or the connection is closed. */
  get isGoingAway(): boolean {
    return this.#isGoingAway || this.isClosed || this.#nextStream > MAX_STREAM_ID - 2;
  }

  /** Sends a request's head; call it only with {@link hasRoom}. */
  open(head: RequestHead, hasBody: boolean, events: StreamEvents): H2Stream {
    const stream = new H2Stream(this.#nextStream, head.method, this.sender.initialWindow, this.guard.nowMs);
    this.#nextStream += 2;
    stream.events = events;
    this.streams.set(stream.id, stream);
    this.sender.request(stream, head, this.#scheme, !hasBody && head.upgrade === '');
    return stream;
  }

  askAlive(): void {
    if (!this.isClosed) this.ping();
  }

  /** A server opens no streams here: push is off. */
  protected get lastPeerStream(): number {
    return 0;
  }

  protected isIdle(streamId: number): boolean {
    return streamId >= this.#nextStream || streamId % 2 === 0;
  }

  protected onUnknownHeaders(streamId: number): void {
    this.onLateHeaders(streamId);
  }

  protected onHead(stream: H2Stream, fields: Headers, isEnd: boolean): void {
    const isBad = this.isHeadMalformed || this.isHeadTooLarge;
    const head = isBad ? null : readResponseHead(fields, !isEnd, stream.method);
    // An interim answer ends nothing (RFC 9113 §8.1).
    if (head === null || (head.status < 200 && isEnd)) {
      this.streamError(stream, this.isHeadTooLarge ? ERROR.enhanceYourCalm : ERROR.protocol);
      return;
    }
    if (head.status < 200) {
      stream.events?.onInterim(head);
      return;
    }
    stream.hasHead = true;
    if (!isEnd && head.contentLength >= 0) stream.expectedBytes = head.contentLength;
    stream.isReceiveClosed = isEnd;
    stream.events?.onResponse(head, !isEnd);
    if (isEnd && !stream.isGone) this.receiveEnd(stream);
  }

  protected onGoAway(lastStreamId: number, code: number): void {
    this.#isGoingAway = true;
    for (const stream of [...this.streams.values()]) {
      if (stream.id > lastStreamId) this.lose(stream, code, 'unprocessed');
    }
    this.#sink.onGoAway(code);
  }

  protected onPingAck(): void {
    this.#sink.onAlive();
  }

  protected onPeerSettings(): void {
    this.#sink.onCapacity();
  }

  protected onStreamGone(): void {
    if (!this.isClosed) this.#sink.onCapacity();
  }
}
