import { copyOf } from '../copy-of.ts';
import type { Headers } from '../head.ts';
import { HpackDecoder } from '../hpack/decoder.ts';
import { ProtocolError } from '../protocol-error.ts';
import { FloodGuard, PREMATURE_MS } from './flood-guard.ts';
import { FrameReader, type FrameSink, readUint31 } from './frame-reader.ts';
import {
  writeGoAway,
  writePing,
  writeResetStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from './frame-writer.ts';
import { HeaderBlock } from './header-block.ts';
import { Output } from './output.ts';
import {
  CONNECTION_WINDOW,
  DEFAULT_WINDOW,
  ERROR,
  FLAG,
  FRAME,
  goAwayCode,
  HEADER_LIMITS,
  MAX_WINDOW,
} from './protocol.ts';
import { readTrailers } from './read-head.ts';
import { ReceiveWindows } from './receive-windows.ts';
import { RecentResets } from './recent-resets.ts';
import { Sender } from './sender.ts';
import { initialSettings, type PeerSettings, readSettings } from './settings.ts';
import { ANY_LENGTH, type H2Stream, type ResetOrigin } from './stream.ts';

/**
 * One side of an HTTP/2 connection (RFC 9113) without any I/O: bytes in by {@link push}, events out; heads and bodies
 * in by the `send…` methods, bytes out by {@link output}. What is an error of one stream resets that stream; what is
 * one of the connection is thrown, and {@link fail} says goodbye.
 */
export abstract class H2Session implements FrameSink {
  readonly output = new Output();
  protected readonly streams = new Map<number, H2Stream>();
  protected readonly sender: Sender;
  protected readonly guard = new FloodGuard();
  protected readonly peer: PeerSettings;
  readonly #reader: FrameReader;
  readonly #decoder = new HpackDecoder(HEADER_LIMITS);
  readonly #block = new HeaderBlock();
  readonly #resets = new RecentResets();
  readonly #windows: ReceiveWindows;
  /** The peer's settings have come. */
  protected hasSettings = false;
  /** The DATA frame at hand: its stream (null = nobody reads it), and whether it ends it. */
  #dataStream: H2Stream | null = null;
  #isDataEnd = false;
  #isClosed = false;
  /** Somebody keeps bytes of what is being read. */
  #isKept = false;
  /** The bytes at hand will be overwritten behind this read. */
  #isLent = false;
  /** What the peer did to end the connection, in words; '' = nothing. */
  failure = '';
  /** Frames read, but for those that carry on a head. */
  wholeFrames = 0;

  constructor(isServer: boolean, assumedStreams: number) {
    this.#windows = new ReceiveWindows(this.output);
    this.sender = new Sender(this.output, this.guard, (stream) => this.#onSendClosed(stream));
    this.peer = initialSettings(assumedStreams);
    this.#reader = new FrameReader(this, isServer);
  }

  get streamCount(): number {
    return this.streams.size;
  }

  /** A frame, or a head of several, has begun and is not whole. */
  get isWithinFrame(): boolean {
    return this.#block.streamId !== 0 || this.#reader.isWithinFrame;
  }

  /** Nothing is read or written any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Takes bytes that are its own from now on, unless nothing of them was kept: bodies among them are passed on as they
   * are. True = they may be overwritten.
   * @throws ProtocolError: the connection cannot go on; call {@link fail} with it
   */
  push(chunk: Buffer, nowMs: number): boolean {
    this.#isKept = false;
    this.#push(chunk, chunk.length, nowMs, false);
    return !this.#isKept;
  }

  /**
   * As {@link push}, of the first `length` of bytes that are lent for the time of the call: bodies are copied. True =
   * nobody keeps them, copied or not.
   * @throws ProtocolError
   */
  pushLent(bytes: Buffer, length: number, nowMs: number): boolean {
    this.#isKept = false;
    this.#push(bytes, length, nowMs, true);
    return !this.#isKept;
  }

  #push(bytes: Buffer, length: number, nowMs: number, isLent: boolean): void {
    if (this.#isClosed) return;
    this.#isLent = isLent;
    this.guard.advance(nowMs);
    this.#reader.push(bytes, length);
  }

  /** Tells the peer why the connection ends, and every stream that it is over. */
  fail(error: ProtocolError): void {
    if (this.#isClosed) return;
    const code = goAwayCode(error.code);
    this.failure = error.message;
    writeGoAway(this.output, this.lastPeerStream, code);
    this.#end(code, 'protocol');
  }

  /** The connection is gone. */
  close(): void {
    this.#end(ERROR.connect, 'closed');
  }

  #end(code: number, origin: ResetOrigin): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#reader.stop();
    for (const stream of [...this.streams.values()]) this.lose(stream, code, origin);
  }

  /** After each write: `isSocketFull` = wait with bodies until it is called again with false. */
  onFlushed(isSocketFull: boolean): void {
    this.sender.isSocketFull = isSocketFull;
    if (!isSocketFull && !this.#isClosed) this.sender.pumpAll();
  }

  sendData(stream: H2Stream, chunk: Buffer): boolean {
    return stream.isGone || this.#isClosed ? true : this.sender.data(stream, chunk);
  }

  sendEnd(stream: H2Stream, trailers: Headers | null): void {
    if (!stream.isGone && !stream.isSendClosed && !this.#isClosed) this.sender.end(stream, trailers);
  }

  /** Gives the stream up; nothing is told of it any more. */
  reset(stream: H2Stream, code: number): void {
    if (stream.isGone) return;
    this.#drop(stream);
    const isOver = stream.isReceiveClosed && stream.isSendClosed;
    if (!this.#isClosed && !isOver) this.#writeReset(stream.id, code);
  }

  /** The peer may send no more than the window still holds. */
  pause(stream: H2Stream): void {
    stream.isPaused = true;
  }

  resume(stream: H2Stream): void {
    if (stream.isPaused && !this.#isClosed) this.#windows.release(stream);
  }

  /** Highest stream of the peer that was or may have been worked on. */
  protected abstract readonly lastPeerStream: number;
  /** Whether that stream was never opened. */
  protected abstract isIdle(streamId: number): boolean;
  /** A whole header block for a stream that is not in the table. */
  protected abstract onUnknownHeaders(streamId: number, fields: Headers, isEnd: boolean): void;
  /** A whole header block for an open stream that has no final head yet. */
  protected abstract onHead(stream: H2Stream, fields: Headers, isEnd: boolean): void;
  protected abstract onGoAway(lastStreamId: number, code: number): void;
  protected abstract onPingAck(): void;
  protected abstract onPeerSettings(): void;
  /** A stream left the table. `isReset`: before both sides had ended. */
  protected abstract onStreamGone(stream: H2Stream, isReset: boolean): void;

  /** Settings and the larger connection window; the client's preface stands before them. */
  protected start(settings: readonly number[]): void {
    writeSettings(this.output, settings);
    writeWindowUpdate(this.output, 0, CONNECTION_WINDOW - DEFAULT_WINDOW);
  }

  protected get isHeadMalformed(): boolean {
    return this.#decoder.isMalformed;
  }

  protected get isHeadTooLarge(): boolean {
    return this.#decoder.isTooLarge;
  }

  protected goAway(lastStreamId: number, code: number): void {
    writeGoAway(this.output, lastStreamId, code);
  }

  protected ping(): void {
    writePing(this.output, 0, PING_PAYLOAD, 0);
  }

  /** A head for a stream that is closed: forgiven if the peer could not know it (RFC 9113 §5.1). */
  protected onLateHeaders(streamId: number): void {
    if (this.isIdle(streamId)) throw new ProtocolError('h2_protocol', 'HEADERS on no open stream');
    if (!this.#resets.has(streamId))
      throw new ProtocolError('h2_stream_closed', 'HEADERS on a closed stream');
  }

  onFrame(type: number, flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    this.#checkOrder(type, flags, id);
    switch (type) {
      case FRAME.data:
        this.#onPaddedData(id, flags, bytes, start, end);
        return;
      case FRAME.headers:
      case FRAME.continuation:
        if (type === FRAME.headers) this.#block.start(id, flags, bytes, start, end);
        else this.#block.add(bytes, start, end);
        if (flags & FLAG.endHeaders) this.#onBlock();
        return;
      case FRAME.priority:
        this.#onPriority(id, bytes, start, end);
        return;
      case FRAME.resetStream:
        this.#onReset(id, bytes, start, end);
        return;
      case FRAME.settings:
        this.#onSettings(flags, id, bytes, start, end);
        return;
      case FRAME.pushPromise:
        throw new ProtocolError('h2_protocol', 'PUSH_PROMISE was not asked for');
      case FRAME.ping:
        this.#onPing(flags, id, bytes, start, end);
        return;
      case FRAME.goAway:
        if (id !== 0) throw new ProtocolError('h2_protocol', 'GOAWAY on a stream');
        if (end - start < 8) throw new ProtocolError('h2_frame_size', 'GOAWAY is too short');
        this.onGoAway(readUint31(bytes, start), bytes.readUInt32BE(start + 4));
        return;
      case FRAME.windowUpdate:
        this.#onWindowUpdate(id, bytes, start, end);
        return;
      default:
        // Unknown types are ignored (RFC 9113 §5.5).
        this.guard.countIdleWork();
    }
  }

  /** SETTINGS stand first (§3.4), and nothing may stand within a header block (§6.10). */
  #checkOrder(type: number, flags: number, id: number): void {
    if (!this.hasSettings) {
      if (type !== FRAME.settings || flags & FLAG.ack) {
        throw new ProtocolError('h2_protocol', 'the first frame is not SETTINGS');
      }
      this.hasSettings = true;
    }
    if (this.#block.streamId === 0) {
      this.wholeFrames += 1;
      if (type === FRAME.continuation) throw new ProtocolError('h2_protocol', 'CONTINUATION out of place');
    } else if (type !== FRAME.continuation || id !== this.#block.streamId) {
      throw new ProtocolError('h2_protocol', 'a header block is not finished');
    }
  }

  onDataStart(id: number, flags: number, length: number): void {
    this.#checkOrder(FRAME.data, flags, id);
    if (length === 0 && !(flags & FLAG.endStream)) this.guard.countIdleWork();
    else this.guard.countUseful();
    this.#startData(id, flags, length, length);
  }

  onDataPiece(bytes: Buffer, start: number, end: number, isLast: boolean): void {
    const stream = this.#dataStream;
    const length = end - start;
    if (stream === null || stream.isGone) {
      this.#windows.creditConnection(length);
      return;
    }
    if (length > 0) {
      const chunk = this.#isLent ? copyOf(bytes, start, end) : bytes.subarray(start, end);
      if (stream.events?.onData(chunk) !== true) this.#isKept = true;
      this.#windows.credit(stream, length);
    }
    if (isLast && this.#isDataEnd && !stream.isGone) this.#receiveEnd(stream, null);
  }

  #onPaddedData(id: number, flags: number, bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    const padding = length === 0 ? -1 : (bytes[start] as number);
    if (padding < 0 || padding >= length) throw new ProtocolError('h2_protocol', 'padding is too long');
    const bodyBytes = length - 1 - padding;
    if (bodyBytes === 0 && !(flags & FLAG.endStream)) this.guard.countIdleWork();
    else this.guard.countUseful();
    this.#startData(id, flags, length, bodyBytes);
    const stream = this.#dataStream;
    if (stream === null) this.#windows.creditConnection(padding + 1);
    else this.#windows.credit(stream, padding + 1);
    this.onDataPiece(bytes, start + 1, end - padding, true);
  }

  /** Windows count padding too, the body's length does not (§6.1). */
  #startData(id: number, flags: number, windowBytes: number, bodyBytes: number): void {
    if (id === 0 || this.isIdle(id)) throw new ProtocolError('h2_protocol', 'DATA on no open stream');
    this.#windows.takeConnection(windowBytes);
    this.#isDataEnd = (flags & FLAG.endStream) !== 0;
    this.#dataStream = null;
    const stream = this.streams.get(id);
    if (stream === undefined) {
      if (!this.#resets.has(id)) this.#writeReset(id, ERROR.streamClosed);
      return;
    }
    const code = this.#dataError(stream, windowBytes, bodyBytes);
    if (code === ERROR.none) this.#dataStream = stream;
    else this.streamError(stream, code);
  }

  #dataError(stream: H2Stream, windowBytes: number, bodyBytes: number): number {
    if (stream.isReceiveClosed) return ERROR.streamClosed;
    if (!stream.hasHead) return ERROR.protocol;
    if (!this.#windows.takeStream(stream, windowBytes)) return ERROR.flowControl;
    if (stream.expectedBytes === ANY_LENGTH) return ERROR.none;
    stream.expectedBytes -= bodyBytes;
    const isWrong = stream.expectedBytes < 0 || (this.#isDataEnd && stream.expectedBytes > 0);
    return isWrong ? ERROR.protocol : ERROR.none;
  }

  #onBlock(): void {
    const { streamId, isEnd, isSelfDependent } = this.#block;
    if (streamId % 2 === 0) throw new ProtocolError('h2_protocol', 'HEADERS on a stream of the wrong side');
    const fields = this.#block.decode(this.#decoder);
    this.guard.countUseful();
    const stream = this.streams.get(streamId);
    if (stream === undefined) {
      this.onUnknownHeaders(streamId, fields, isEnd);
      if (isSelfDependent) this.#failOpened(streamId);
      return;
    }
    if (stream.isReceiveClosed) this.streamError(stream, ERROR.streamClosed);
    else if (isSelfDependent) this.streamError(stream, ERROR.protocol);
    else if (!stream.hasHead) this.onHead(stream, fields, isEnd);
    else this.#onTrailers(stream, fields, isEnd);
  }

  #failOpened(streamId: number): void {
    const stream = this.streams.get(streamId);
    if (stream !== undefined) this.streamError(stream, ERROR.protocol);
  }

  #onTrailers(stream: H2Stream, fields: Headers, isEnd: boolean): void {
    const isWrong = !isEnd || this.isHeadMalformed || this.isHeadTooLarge || stream.expectedBytes > 0;
    const trailers = isWrong ? null : readTrailers(fields);
    if (trailers === null) this.streamError(stream, ERROR.protocol);
    else this.#receiveEnd(stream, trailers);
  }

  /** The peer's side of the stream is over. */
  protected receiveEnd(stream: H2Stream): void {
    this.#receiveEnd(stream, null);
  }

  #receiveEnd(stream: H2Stream, trailers: Headers | null): void {
    stream.isReceiveClosed = true;
    const { events } = stream;
    if (stream.isSendClosed) this.#drop(stream);
    events?.onEnd(trailers);
  }

  #onSendClosed(stream: H2Stream): void {
    stream.isSendClosed = true;
    if (stream.isReceiveClosed) this.#drop(stream);
    else this.onHalfClosed(stream);
  }

  /** Our side is over before the peer's. */
  protected onHalfClosed(_stream: H2Stream): void {}

  #onPriority(id: number, bytes: Buffer, start: number, end: number): void {
    this.guard.countIdleWork();
    if (id === 0) throw new ProtocolError('h2_protocol', 'PRIORITY on stream 0');
    const code = end - start !== 5 ? ERROR.frameSize : readUint31(bytes, start) === id ? ERROR.protocol : -1;
    if (code < 0) return;
    const stream = this.streams.get(id);
    if (stream === undefined) this.#writeReset(id, code);
    else this.streamError(stream, code);
  }

  #onReset(id: number, bytes: Buffer, start: number, end: number): void {
    if (id === 0 || this.isIdle(id)) throw new ProtocolError('h2_protocol', 'RST_STREAM on no open stream');
    if (end - start !== 4) throw new ProtocolError('h2_frame_size', 'RST_STREAM is not 4 bytes');
    const stream = this.streams.get(id);
    if (stream === undefined) {
      this.guard.countIdleWork();
      return;
    }
    const code = bytes.readUInt32BE(start);
    const isPremature = !stream.hasSentHead && this.guard.nowMs - stream.openedAtMs < PREMATURE_MS;
    if (isPremature) this.guard.countWastedStream();
    this.lose(stream, code, 'peer');
  }

  #onSettings(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw new ProtocolError('h2_protocol', 'SETTINGS on a stream');
    this.guard.countIdleWork();
    if (flags & FLAG.ack) {
      if (end > start) throw new ProtocolError('h2_frame_size', 'acknowledged SETTINGS with a payload');
      return;
    }
    const before = this.peer.initialWindowSize;
    readSettings(this.peer, bytes, start, end, (size) => this.sender.encoder.setMaxTableBytes(size));
    this.sender.initialWindow = this.peer.initialWindowSize;
    const change = this.peer.initialWindowSize - before;
    if (change !== 0) this.#moveWindows(change);
    writeSettingsAck(this.output);
    this.sender.pumpAll();
    this.onPeerSettings();
  }

  /** The change holds for streams that are open already (§6.9.2). */
  #moveWindows(change: number): void {
    for (const stream of this.streams.values()) {
      stream.sendWindow += change;
      if (stream.sendWindow > MAX_WINDOW)
        throw new ProtocolError('h2_flow_control', 'stream window overflows');
    }
  }

  #onPing(flags: number, id: number, bytes: Buffer, start: number, end: number): void {
    if (id !== 0) throw new ProtocolError('h2_protocol', 'PING on a stream');
    if (end - start !== 8) throw new ProtocolError('h2_frame_size', 'PING is not 8 bytes');
    this.guard.countIdleWork();
    if (flags & FLAG.ack) this.onPingAck();
    else writePing(this.output, FLAG.ack, bytes, start);
  }

  #onWindowUpdate(id: number, bytes: Buffer, start: number, end: number): void {
    if (end - start !== 4) throw new ProtocolError('h2_frame_size', 'WINDOW_UPDATE is not 4 bytes');
    this.guard.countIdleWork();
    const count = readUint31(bytes, start);
    if (id === 0) {
      if (count === 0) throw new ProtocolError('h2_protocol', 'WINDOW_UPDATE of 0');
      this.sender.openConnectionWindow(count);
      return;
    }
    if (this.isIdle(id)) throw new ProtocolError('h2_protocol', 'WINDOW_UPDATE on an idle stream');
    const stream = this.streams.get(id);
    if (stream === undefined) return;
    if (count === 0) this.streamError(stream, ERROR.protocol);
    else if (!this.sender.openStreamWindow(stream, count)) this.streamError(stream, ERROR.flowControl);
  }

  /** The peer broke the rules of one stream. */
  protected streamError(stream: H2Stream, code: number): void {
    this.guard.countWastedStream();
    const { events } = stream;
    this.reset(stream, code);
    events?.onReset(code, 'protocol');
  }

  /** A stream that never got into the table. */
  protected refuse(streamId: number, code: number): void {
    this.guard.countWastedStream();
    this.#writeReset(streamId, code);
  }

  /** The stream ended by no doing of ours. */
  protected lose(stream: H2Stream, code: number, origin: ResetOrigin): void {
    const { events } = stream;
    this.#drop(stream);
    events?.onReset(code, origin);
  }

  #drop(stream: H2Stream): void {
    const isReset = !stream.isReceiveClosed || !stream.isSendClosed;
    stream.isGone = true;
    stream.events = null;
    this.sender.forget(stream);
    this.streams.delete(stream.id);
    if (!this.#isClosed) this.#windows.release(stream);
    if (!isReset && !stream.isWasted) this.guard.countAnsweredStream();
    this.onStreamGone(stream, isReset);
  }

  #writeReset(streamId: number, code: number): void {
    writeResetStream(this.output, streamId, code);
    this.#resets.add(streamId);
  }
}

const PING_PAYLOAD = Buffer.alloc(8);
