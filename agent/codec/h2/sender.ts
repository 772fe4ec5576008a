import type { Headers, RequestHead, ResponseHead } from '../head.ts';
import { HpackEncoder } from '../hpack/encoder.ts';
import { ProtocolError } from '../protocol-error.ts';
import type { FloodGuard } from './flood-guard.ts';
import { writeData, writeFrameHead } from './frame-writer.ts';
import type { Output } from './output.ts';
import { DEFAULT_WINDOW, FLAG, FRAME, FRAME_HEAD_BYTES, MAX_FRAME_BYTES, MAX_WINDOW } from './protocol.ts';
import type { H2Stream } from './stream.ts';
import { writeFields, writeRequestFields, writeResponseFields } from './write-head.ts';

/**
 * Unsent output above which bodies wait in their streams, so that a slow peer costs no memory here. With a whole read
 * more it is still a buffer that is used again.
 */
const MAX_OUTPUT_BYTES = 128 * 1024;
/** Chunks smaller than this are copied when they have to wait: they would hold the whole read that they came with. */
const COPY_BELOW_BYTES = 4096;
/** How much one stream sends before the next one has its turn. */
const TURN_BYTES = 64 * 1024;

/** Heads, bodies and trailers out of streams, as far as the peer's windows allow (RFC 9113 §5.2). */
export class Sender {
  readonly #output: Output;
  readonly #guard: FloodGuard;
  readonly #onSendClosed: (stream: H2Stream) => void;
  readonly encoder = new HpackEncoder();
  /** Streams that hold something back. */
  readonly #waiting = new Set<H2Stream>();
  #window = DEFAULT_WINDOW;
  initialWindow = DEFAULT_WINDOW;
  /** The socket takes no more for now. */
  isSocketFull = false;
  /** The last DATA frame written: its end flag can still be set as long as it has not left. */
  #lastDataAt = -1;
  #lastDataGeneration = -1;
  #lastDataStream: H2Stream | null = null;

  constructor(output: Output, guard: FloodGuard, onSendClosed: (stream: H2Stream) => void) {
    this.#output = output;
    this.#guard = guard;
    this.#onSendClosed = onSendClosed;
  }

  get #isBlocked(): boolean {
    return this.isSocketFull || this.#output.length >= MAX_OUTPUT_BYTES;
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  request(stream: H2Stream, head: RequestHead, scheme: string, isEnd: boolean): void {
    const at = this.#startBlock();
    writeRequestFields(this.encoder, this.#output, head, scheme);
    this.#endBlock(stream, at, isEnd);
  }

  response(stream: H2Stream, head: ResponseHead, isEnd: boolean): void {
    const at = this.#startBlock();
    writeResponseFields(this.encoder, this.#output, head);
    this.#endBlock(stream, at, isEnd);
  }

  /** False = it is held back: the stream's `onWritable` tells when to go on. */
  data(stream: H2Stream, chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    const { length } = chunk;
    if (stream.queue === null && length <= stream.sendWindow && length <= this.#window && !this.#isBlocked) {
      this.#write(stream, chunk, 0, length);
      return true;
    }
    stream.queue ??= [];
    stream.queue.push(length < COPY_BELOW_BYTES ? Buffer.from(chunk) : chunk);
    this.#waiting.add(stream);
    this.#pump(stream);
    stream.wantsWritable = stream.queue !== null;
    return !stream.wantsWritable;
  }

  end(stream: H2Stream, trailers: Headers | null): void {
    if (stream.queue !== null) {
      stream.isEndQueued = true;
      stream.queuedTrailers = trailers;
    } else this.#writeEnd(stream, trailers);
  }

  /** The stream is gone: what it held back goes with it. */
  forget(stream: H2Stream): void {
    stream.queue = null;
    this.#waiting.delete(stream);
    if (this.#lastDataStream === stream) this.#lastDataStream = null;
  }

  /** @throws ProtocolError */
  openConnectionWindow(bytes: number): void {
    this.#window += bytes;
    if (this.#window > MAX_WINDOW) throw new ProtocolError('h2_flow_control', 'connection window overflows');
    this.pumpAll();
  }

  /** False = the window would overflow: an error of the stream. */
  openStreamWindow(stream: H2Stream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > MAX_WINDOW) return false;
    if (stream.queue !== null) this.#pumpAndTell(stream);
    return true;
  }

  /** Everyone who waits has a turn; those that are not done go to the end of the queue. */
  pumpAll(): void {
    if (this.#waiting.size === 0 || this.#isBlocked || this.#window <= 0) return;
    for (const stream of [...this.#waiting]) {
      if (this.#isBlocked || this.#window <= 0) return;
      this.#pumpAndTell(stream);
      if (this.#waiting.delete(stream)) this.#waiting.add(stream);
    }
  }

  #pumpAndTell(stream: H2Stream): void {
    this.#pump(stream);
    if (stream.queue !== null || !stream.wantsWritable || stream.isGone) return;
    stream.wantsWritable = false;
    stream.events?.onWritable();
  }

  #pump(stream: H2Stream): void {
    const { queue } = stream;
    let turn = TURN_BYTES;
    while (queue !== null && queue.length > 0) {
      const chunk = queue[0] as Buffer;
      const left = chunk.length - stream.queueOffset;
      const count = Math.min(left, stream.sendWindow, this.#window, turn);
      if (count <= 0 || this.#isBlocked) return;
      this.#write(stream, chunk, stream.queueOffset, stream.queueOffset + count);
      turn -= count;
      stream.queueOffset += count;
      if (count < left) continue;
      queue.shift();
      stream.queueOffset = 0;
    }
    stream.queue = null;
    this.#waiting.delete(stream);
    if (stream.isEndQueued) this.#writeEnd(stream, stream.queuedTrailers);
  }

  /** The caller has seen to the windows. */
  #write(stream: H2Stream, chunk: Buffer, start: number, end: number): void {
    stream.sendWindow -= end - start;
    this.#window -= end - start;
    for (let at = start; at < end; at += MAX_FRAME_BYTES) {
      this.#lastDataAt = this.#output.length;
      writeData(this.#output, stream.id, chunk, at, Math.min(end, at + MAX_FRAME_BYTES), 0);
      // It pays for the window updates that it will bring.
      this.#guard.countUseful();
    }
    this.#lastDataGeneration = this.#output.generation;
    this.#lastDataStream = stream;
  }

  #writeEnd(stream: H2Stream, trailers: Headers | null): void {
    const output = this.#output;
    if (trailers !== null && trailers.length > 0) {
      const at = this.#startBlock();
      writeFields(this.encoder, output, trailers);
      this.#endBlock(stream, at, true);
      return;
    }
    if (this.#lastDataStream === stream && this.#lastDataGeneration === output.generation) {
      output.bytes[this.#lastDataAt + 4] = FLAG.endStream;
    } else writeData(output, stream.id, NOTHING, 0, 0, FLAG.endStream);
    this.#onSendClosed(stream);
  }

  /** Leaves room for the frame's head; gives its place. */
  #startBlock(): number {
    const at = this.#output.reserve(FRAME_HEAD_BYTES);
    this.#output.length += FRAME_HEAD_BYTES;
    this.encoder.startBlock(this.#output);
    return at;
  }

  #endBlock(stream: H2Stream, at: number, isEnd: boolean): void {
    const output = this.#output;
    const length = output.length - at - FRAME_HEAD_BYTES;
    const flags = isEnd ? FLAG.endStream : 0;
    if (length <= MAX_FRAME_BYTES) {
      writeFrameHead(output.bytes, at, length, FRAME.headers, flags | FLAG.endHeaders, stream.id);
    } else this.#splitBlock(stream, at, flags);
    stream.hasSentHead = true;
    if (isEnd) this.#onSendClosed(stream);
  }

  /** HEADERS and as many CONTINUATION as it takes (RFC 9113 §6.10). */
  #splitBlock(stream: H2Stream, at: number, flags: number): void {
    const output = this.#output;
    const block = Buffer.from(output.bytes.subarray(at + FRAME_HEAD_BYTES, output.length));
    output.length = at;
    for (let start = 0; start < block.length; start += MAX_FRAME_BYTES) {
      const end = Math.min(block.length, start + MAX_FRAME_BYTES);
      const type = start === 0 ? FRAME.headers : FRAME.continuation;
      const own = (start === 0 ? flags : 0) | (end === block.length ? FLAG.endHeaders : 0);
      const frameAt = output.reserve(FRAME_HEAD_BYTES + end - start);
      writeFrameHead(output.bytes, frameAt, end - start, type, own, stream.id);
      block.copy(output.bytes, frameAt + FRAME_HEAD_BYTES, start, end);
      output.length = frameAt + FRAME_HEAD_BYTES + end - start;
    }
  }
}

const NOTHING = Buffer.alloc(0);
