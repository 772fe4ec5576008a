import type { Headers } from '../head.ts';
import { ProtocolError } from '../protocol-error.ts';
import { readHeaderBlock } from './header-block.ts';
import { MAX_CHUNK_LINE_BYTES, MAX_HEAD_BYTES } from './syntax.ts';

/** What a parser tells of a body. */
export interface BodySink {
  onData(chunk: Buffer): void;
  onEnd(trailers: Headers | null): void;
}

const CR = 0x0d;
const LF = 0x0a;

type ChunkState = 'size' | 'data' | 'data-end' | 'trailers' | 'done';

/**
 * Decodes `transfer-encoding: chunked` (RFC 9112 §7.1). Data passes by reference; lines that are cut by the end of a
 * read are kept. Extensions are skipped, trailers are read as strictly as headers. The end is not told but shown: what
 * comes behind it is the caller's business, and it must know of that before it tells anybody.
 */
export class ChunkedReader {
  #state: ChunkState = 'size';
  #remaining = 0;
  #line = '';
  /** Once {@link isDone}; null = none. */
  trailers: Headers | null = null;

  /** The body ended at the index that the last {@link read} gave. */
  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Gives the index behind what was used. */
  read(chunk: Buffer, start: number, sink: Pick<BodySink, 'onData'>): number {
    let at = start;
    while (at < chunk.length && this.#state !== 'done') {
      switch (this.#state) {
        case 'size': {
          at = this.#readLine(chunk, at, MAX_CHUNK_LINE_BYTES);
          if (!this.#line.endsWith('\r\n')) break;
          this.#remaining = parseChunkSize(this.#line);
          this.#line = '';
          this.#state = this.#remaining === 0 ? 'trailers' : 'data';
          break;
        }
        case 'data': {
          const end = Math.min(chunk.length, at + this.#remaining);
          this.#remaining -= end - at;
          sink.onData(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
          at = end;
          if (this.#remaining === 0) this.#state = 'data-end';
          break;
        }
        case 'data-end':
          at = this.#readLine(chunk, at, 2);
          if (this.#line === '\r\n') {
            this.#line = '';
            this.#state = 'size';
          } else if (this.#line !== '\r')
            throw new ProtocolError('bad_chunk', 'chunk data does not end with CRLF');
          break;
        case 'trailers': {
          at = this.#readLine(chunk, at, MAX_HEAD_BYTES);
          if (this.#line !== '\r\n') {
            if (!this.#line.endsWith('\r\n\r\n')) break;
            this.trailers = readTrailers(this.#line.slice(0, -2));
          }
          this.#state = 'done';
          break;
        }
      }
    }
    return at;
  }

  /** Adds bytes up to and with the next LF. */
  #readLine(chunk: Buffer, start: number, maxBytes: number): number {
    const newline = chunk.indexOf(LF, start);
    const end = newline < 0 ? chunk.length : newline + 1;
    this.#line += chunk.latin1Slice(start, end);
    if (this.#line.length > maxBytes) {
      if (this.#state === 'trailers') throw new ProtocolError('head_too_large', 'trailers too large', 431);
      throw new ProtocolError('bad_chunk', 'line of a chunk is too long');
    }
    if (newline >= 0 && this.#line.charCodeAt(this.#line.length - 2) !== CR) {
      throw new ProtocolError('bare_line_feed', 'line feed without carriage return in a chunked body');
    }
    return end;
  }
}

const CHUNK_LINE = /^([0-9a-fA-F]{1,13})(?:[ \t]*;[\t\x20-\x7e\x80-\xff]*)?\r\n$/;

/** 13 hexadecimal digits stay below 2^53. */
function parseChunkSize(line: string): number {
  const match = CHUNK_LINE.exec(line);
  if (match?.[1] === undefined) throw new ProtocolError('bad_chunk', 'invalid chunk size');
  return Number.parseInt(match[1], 16);
}

/** Framing and routing must not be changed after the head (RFC 9110 §6.5.1). */
function readTrailers(text: string): Headers {
  const block = readHeaderBlock(text, 0);
  if (block.hosts > 0 || block.contentLength !== -3 || block.connection !== '') {
    throw new ProtocolError('bad_header', 'framing, host or connection header among the trailers');
  }
  return block.headers;
}
