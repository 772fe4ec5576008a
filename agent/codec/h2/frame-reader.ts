import { ProtocolError } from '../protocol-error.ts';
import { FLAG, FRAME, FRAME_HEAD_BYTES, MAX_FRAME_BYTES, PREFACE } from './protocol.ts';

/**
 * Bytes into frames (RFC 9113 §4). No I/O. Strategy: frames that a read holds whole are used in place; the rest of one
 * that is cut is copied once. Bodies are told piece by piece, where they lie.
 */
export interface FrameSink {
  /** Every frame but plain DATA; `bytes` from `start` to `end` are its payload, valid during the call. */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void;
  /** A DATA frame without padding; {@link onDataPiece} follows at least once. */
  onDataStart(streamId: number, flags: number, length: number): void;
  onDataPiece(bytes: Buffer, start: number, end: number, isLast: boolean): void;
}

export class FrameReader {
  readonly #sink: FrameSink;
  /** Bytes of the preface that are still to come. */
  #prefaceLeft: number;
  #dataLeft = 0;
  /** A frame that was cut by the end of a read: what has come of it, and how much must be there to go on. */
  #cut: Buffer | null = null;
  #cutLength = 0;
  #cutNeeds = 0;
  #isStopped = false;

  constructor(sink: FrameSink, expectsPreface: boolean) {
    this.#sink = sink;
    this.#prefaceLeft = expectsPreface ? PREFACE.length : 0;
  }

  /** A frame has begun that is not whole, the pieces of a body excepted. */
  get isWithinFrame(): boolean {
    return this.#cut !== null;
  }

  /** Nothing further is read, what the chunk at hand still holds included. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Reads the first `length` of `chunk`, and keeps none of them.
   * @throws ProtocolError
   */
  push(chunk: Buffer, length: number): void {
    let at = this.#prefaceLeft > 0 ? this.#readPreface(chunk, length) : 0;
    while (at < length && !this.#isStopped) {
      if (this.#dataLeft > 0) at = this.#readData(chunk, at, length);
      else if (this.#cut !== null) at = this.#complete(chunk, at, length);
      else at = this.#readFrame(chunk, at, length);
    }
  }

  #readPreface(chunk: Buffer, length: number): number {
    const count = Math.min(this.#prefaceLeft, length);
    const from = PREFACE.length - this.#prefaceLeft;
    if (chunk.compare(PREFACE, from, from + count, 0, count) !== 0) {
      throw new ProtocolError('h2_protocol', 'invalid connection preface');
    }
    this.#prefaceLeft -= count;
    return count;
  }

  #readData(chunk: Buffer, start: number, limit: number): number {
    const end = Math.min(limit, start + this.#dataLeft);
    this.#dataLeft -= end - start;
    this.#sink.onDataPiece(chunk, start, end, this.#dataLeft === 0);
    return end;
  }

  #readFrame(chunk: Buffer, at: number, limit: number): number {
    if (limit - at < FRAME_HEAD_BYTES) return this.#keep(chunk, at, limit, FRAME_HEAD_BYTES);
    const length = readLength(chunk, at);
    if (this.#startsPlainData(chunk, at, length)) return at + FRAME_HEAD_BYTES;
    const end = at + FRAME_HEAD_BYTES + length;
    if (end > limit) return this.#keep(chunk, at, limit, FRAME_HEAD_BYTES + length);
    this.#tell(chunk, at, end);
    return end;
  }

  #startsPlainData(bytes: Buffer, at: number, length: number): boolean {
    if (!isPlainData(bytes, at)) return false;
    this.#dataLeft = length;
    this.#sink.onDataStart(readStreamId(bytes, at), bytes[at + 4] as number, length);
    if (length === 0) this.#sink.onDataPiece(bytes, 0, 0, true);
    return true;
  }

  #tell(bytes: Buffer, at: number, end: number): void {
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    this.#sink.onFrame(type, flags, readStreamId(bytes, at), bytes, at + FRAME_HEAD_BYTES, end);
  }

  #keep(chunk: Buffer, at: number, limit: number, needs: number): number {
    this.#cut = Buffer.allocUnsafe(needs);
    this.#cutLength = chunk.copy(this.#cut, 0, at, limit);
    this.#cutNeeds = needs;
    return limit;
  }

  /** Adds to a cut frame: first to its head, then to the whole of it. */
  #complete(chunk: Buffer, start: number, limit: number): number {
    const cut = this.#cut as Buffer;
    const end = Math.min(limit, start + this.#cutNeeds - this.#cutLength);
    this.#cutLength += chunk.copy(cut, this.#cutLength, start, end);
    if (this.#cutLength < this.#cutNeeds) return end;
    const needs = FRAME_HEAD_BYTES + readLength(cut, 0);
    if (this.#cutNeeds < needs && !isPlainData(cut, 0)) {
      this.#cut = Buffer.allocUnsafe(needs);
      cut.copy(this.#cut);
      this.#cutNeeds = needs;
      return end;
    }
    this.#cut = null;
    if (!this.#startsPlainData(cut, 0, needs - FRAME_HEAD_BYTES)) this.#tell(cut, 0, needs);
    return end;
  }
}

const isPlainData = (bytes: Buffer, at: number): boolean =>
  bytes[at + 3] === FRAME.data && ((bytes[at + 4] as number) & FLAG.padded) === 0;

function readLength(bytes: Buffer, at: number): number {
  const length = ((bytes[at] as number) << 16) | ((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number);
  if (length > MAX_FRAME_BYTES) throw tooLarge(bytes, at);
  return length;
}

/** A port that is declared HTTP/2 by mistake is the likeliest cause: then it is said. */
function tooLarge(bytes: Buffer, at: number): ProtocolError {
  if (bytes.latin1Slice(at, at + 7) === 'HTTP/1.')
    return new ProtocolError('h2_protocol', 'the host speaks HTTP/1.1');
  return new ProtocolError('h2_frame_size', 'frame is too large');
}

/** The highest bit is reserved and ignored. */
const readStreamId = (bytes: Buffer, at: number): number => readUint31(bytes, at + 5);

export function readUint31(bytes: Buffer, at: number): number {
  return (
    (((bytes[at] as number) & 0x7f) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}
