import { ProtocolError } from '../protocol-error.ts';
import { MAX_HEAD_BYTES } from './syntax.ts';

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const CR = 0x0d;
const LF = 0x0a;

/**
 * Collects bytes until a head is whole. Nearly always one read holds all of it, and then nothing is copied.
 */
export class HeadBuffer {
  #kept: Buffer | null = null;

  /**
   * The head's text with its last line's CRLF but without the empty line, or null if it is not whole yet.
   * `end` afterwards is the index in `chunk` behind the empty line.
   */
  end = 0;

  /** Some of a head is here, and more must come. */
  get isPartial(): boolean {
    return this.#kept !== null;
  }

  take(chunk: Buffer, start: number): string | null {
    const kept = this.#kept;
    if (kept === null) {
      const at = skipEmptyLines(chunk, start);
      const end = chunk.indexOf(END_OF_HEAD, at);
      if (end >= 0) return this.#finish(chunk, at, end, end + 4);
      return this.#keep(chunk.subarray(at), 0);
    }
    const joined = Buffer.concat([kept, chunk.subarray(start)]);
    // The pair of an empty line may have come in two reads.
    const at = kept.length === 1 ? skipEmptyLines(joined, 0) : 0;
    const end = joined.indexOf(END_OF_HEAD, Math.max(at, kept.length - 3));
    if (end < 0) return this.#keep(joined.subarray(at), kept.length - at);
    this.#kept = null;
    return this.#finish(joined, at, end, start + end + 4 - kept.length);
  }

  #finish(bytes: Buffer, start: number, end: number, endInChunk: number): string {
    if (end - start > MAX_HEAD_BYTES) throw tooLarge();
    this.end = endInChunk;
    return bytes.latin1Slice(start, end + 2);
  }

  /** Those before `seen` were looked at before: a head that comes byte by byte must not cost its length each time. */
  #keep(bytes: Buffer, seen: number): null {
    // The last three may be most of the end's four bytes.
    if (bytes.length > MAX_HEAD_BYTES + 3) throw tooLarge();
    // A head that ends in bare line feeds would otherwise never end.
    for (let at = bytes.indexOf(LF, Math.max(0, seen)); at >= 0; at = bytes.indexOf(LF, at + 1)) {
      if (bytes[at - 1] !== CR)
        throw new ProtocolError('bare_line_feed', 'line feed without carriage return');
    }
    this.#kept = bytes.length === 0 ? null : bytes;
    return null;
  }
}

const tooLarge = () => new ProtocolError('head_too_large', `head larger than ${MAX_HEAD_BYTES} bytes`, 431);

/** RFC 9112 §2.2: a server ignores empty lines before a request line. */
function skipEmptyLines(chunk: Buffer, start: number): number {
  let at = start;
  while (chunk[at] === CR && chunk[at + 1] === LF) at += 2;
  return at;
}
