import { copyOf } from '../copy-of.ts';
import { ProtocolError } from '../protocol-error.ts';
import { MAX_HEAD_BYTES } from './syntax.ts';

const END_OF_HEAD = '\r\n\r\n';
/** Most heads are shorter: so many bytes are looked at first, not a whole read of a large body behind a head. */
const FIRST_LOOK_BYTES = 2048;
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

  /** @param end of what may be read of `bytes`; none of them are kept */
  take(bytes: Buffer, start: number, end = bytes.length): string | null {
    const kept = this.#kept;
    if (kept === null) {
      const head = this.#find(bytes, start, end);
      return head ?? this.#keep(copyOf(bytes, skipEmptyLines(bytes, start, end), end), 0);
    }
    const joined = Buffer.concat([kept, bytes.subarray(start, end)]);
    // The pair of an empty line may have come in two reads.
    const at = kept.length === 1 ? skipEmptyLines(joined, 0, joined.length) : 0;
    const headEnd = joined.indexOf(END_OF_HEAD, Math.max(at, kept.length - 3), 'latin1');
    if (headEnd < 0) return this.#keep(joined.subarray(at), kept.length - at);
    this.#kept = null;
    if (headEnd - at > MAX_HEAD_BYTES) throw tooLarge();
    this.end = start + headEnd + 4 - kept.length;
    return joined.latin1Slice(at, headEnd + 2);
  }

  /** As text at once: to look for the end among the bytes would be one more call out of JavaScript. */
  #find(bytes: Buffer, start: number, end: number): string | null {
    const at = skipEmptyLines(bytes, start, end);
    let text = bytes.latin1Slice(at, Math.min(end, at + FIRST_LOOK_BYTES));
    let length = text.indexOf(END_OF_HEAD);
    if (length < 0 && end - at > FIRST_LOOK_BYTES) {
      text = bytes.latin1Slice(at, Math.min(end, at + MAX_HEAD_BYTES + 4));
      length = text.indexOf(END_OF_HEAD);
    }
    if (length < 0) return null;
    this.end = at + length + 4;
    return text.slice(0, length + 2);
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
function skipEmptyLines(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at + 1 < end && bytes[at] === CR && bytes[at + 1] === LF) at += 2;
  return at;
}
