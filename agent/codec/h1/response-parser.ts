import { copyOf } from '../copy-of.ts';
import {
  BODY_NOT_TOLD,
  BODY_UNKNOWN_LENGTH,
  BODY_UNTIL_CLOSE,
  type Headers,
  type ResponseHead,
} from '../head.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type BodySink, ChunkedReader } from './body.ts';
import { HeadBuffer } from './head-buffer.ts';
import { type HeaderBlock, hasOption, readHeaderBlock } from './header-block.ts';

/**
 * HTTP/1 responses out of bytes (RFC 9112), for the client's side. No I/O. Told of each request by {@link expect};
 * bytes that no request asked for are an error, never the next request's answer.
 */
export interface ResponseSink extends BodySink {
  /** 1xx but 101. */
  onInterim(head: ResponseHead): void;
  /** `canReuse`: another request may follow on this connection. */
  onResponse(head: ResponseHead, hasBody: boolean, canReuse: boolean): void;
  onTunnel(chunk: Buffer): void;
}

type State = 'idle' | 'head' | 'length' | 'chunked' | 'until-close' | 'tunnel';

export class ResponseParser {
  readonly #sink: ResponseSink;
  readonly #head = new HeadBuffer();
  #state: State = 'idle';
  #method = '';
  #isUpgrade = false;
  #remaining = 0;
  #chunked: ChunkedReader | null = null;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** Bytes came behind the last answer that no request asked for: the connection must not be used again. */
  hasSurplus = false;

  /** A request with this method was sent: its answer is next. `isUpgrade`: 101 is among what may come. */
  expect(method: string, isUpgrade = false): void {
    this.#method = method;
    this.#isUpgrade = isUpgrade;
    this.#state = 'head';
  }

  /** @throws ProtocolError */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case 'head':
          at = this.#readHead(chunk, at, chunk.length);
          break;
        case 'length': {
          const end = Math.min(chunk.length, at + this.#remaining);
          this.#remaining -= end - at;
          this.#sink.onData(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
          at = end;
          if (this.#remaining === 0) this.#endResponse(null, at < chunk.length);
          break;
        }
        case 'chunked': {
          const body = this.#chunked as ChunkedReader;
          at = body.read(chunk, at, this.#sink);
          if (body.isDone) this.#endResponse(body.trailers, at < chunk.length);
          break;
        }
        case 'until-close':
          this.#sink.onData(at === 0 ? chunk : chunk.subarray(at));
          return;
        case 'tunnel':
          this.#sink.onTunnel(at === 0 ? chunk : chunk.subarray(at));
          return;
        case 'idle':
          throw new ProtocolError('unexpected_bytes', 'bytes that no request asked for');
      }
    }
  }

  /**
   * As {@link push}, of bytes that are lent for the time of the call. Nearly always they are one head and perhaps a small
   * body; a head is read where it lies.
   * @throws ProtocolError
   */
  pushLent(bytes: Buffer, length: number): void {
    let at = 0;
    while (at < length && this.#state === 'head') at = this.#readHead(bytes, at, length);
    if (at < length) this.push(copyOf(bytes, at, length));
  }

  /** Gives the index behind what was used. */
  #readHead(bytes: Buffer, start: number, end: number): number {
    const text = this.#head.take(bytes, start, end);
    if (text === null) return end;
    const at = this.#head.end;
    this.#startResponse(text, at < end);
    return at;
  }

  /**
   * The peer ended the connection.
   * @throws ProtocolError if an answer is cut off
   */
  finish(): void {
    if (this.#state === 'until-close') {
      this.#state = 'idle';
      this.#sink.onEnd(null);
    } else if (this.#state !== 'idle' && this.#state !== 'tunnel') {
      throw new ProtocolError('unexpected_end', 'connection ended within an answer');
    }
  }

  /** The state is left before the end is told: the connection may be used again right then. */
  #endResponse(trailers: Headers | null, isFollowed: boolean): void {
    this.#chunked = null;
    this.#state = 'idle';
    this.hasSurplus = isFollowed;
    this.#sink.onEnd(trailers);
  }

  #startResponse(text: string, isFollowed: boolean): void {
    const lineEnd = text.indexOf('\r\n');
    const version = text.startsWith('HTTP/1.1 ') ? 'HTTP/1.1' : 'HTTP/1.0';
    if (version === 'HTTP/1.0' && !text.startsWith('HTTP/1.0 ')) {
      throw new ProtocolError('bad_status_line', 'invalid status line');
    }
    const status = readStatus(text);
    if (status === 0 || (lineEnd !== 12 && text.charCodeAt(12) !== 0x20)) {
      throw new ProtocolError('bad_status_line', 'invalid status line');
    }
    const block = readHeaderBlock(text, lineEnd + 2);
    if (status < 200 || status === 204) checkBodyless(block);
    if (status === 101 && !this.#isUpgrade) {
      throw new ProtocolError('bad_status_line', 'switching protocols without being asked to');
    }
    const isUpgraded = status === 101 || (this.#method === 'CONNECT' && status >= 200 && status < 300);
    const head: ResponseHead = {
      status,
      reason: text.slice(13, lineEnd),
      version,
      headers: block.headers,
      contentLength: block.contentLength,
      upgrade: status === 101 ? block.upgrade : '',
    };
    if (isUpgraded) {
      head.contentLength = BODY_NOT_TOLD;
      this.#state = 'tunnel';
      this.#sink.onResponse(head, false, false);
      return;
    }
    if (status < 200) {
      this.#sink.onInterim(head);
      return;
    }
    this.#startBody(head, readKeepAlive(version, block), isFollowed);
  }

  /** RFC 9112 §6.3. */
  #startBody(head: ResponseHead, canReuse: boolean, isFollowed: boolean): void {
    if (this.#method === 'HEAD' || head.status === 204 || head.status === 304 || head.contentLength === 0) {
      this.#sink.onResponse(head, false, canReuse);
      this.#endResponse(null, isFollowed);
    } else if (head.contentLength === BODY_UNKNOWN_LENGTH) {
      this.#chunked = new ChunkedReader();
      this.#state = 'chunked';
      this.#sink.onResponse(head, true, canReuse);
    } else if (head.contentLength === BODY_NOT_TOLD) {
      head.contentLength = BODY_UNTIL_CLOSE;
      this.#state = 'until-close';
      this.#sink.onResponse(head, true, false);
    } else {
      this.#remaining = head.contentLength;
      this.#state = 'length';
      this.#sink.onResponse(head, true, canReuse);
    }
  }
}

/** Three digits behind the version, the first of which is not 0; 0 = that is not there. */
function readStatus(text: string): number {
  let status = 0;
  for (let at = 9; at < 12; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return 0;
    status = status * 10 + digit;
  }
  return status < 100 ? 0 : status;
}

/** RFC 9112 §6.3: neither 1xx nor 204 has a framing header; a length of 0 is harmless, and common. */
function checkBodyless(block: HeaderBlock): void {
  if (block.contentLength === BODY_UNKNOWN_LENGTH || block.contentLength > 0) {
    throw new ProtocolError('bad_content_length', 'framing header in an answer that has no body');
  }
  block.contentLength = BODY_NOT_TOLD;
}

function readKeepAlive(version: 'HTTP/1.1' | 'HTTP/1.0', block: HeaderBlock): boolean {
  const { connection } = block;
  // Chunks in HTTP/1.0: whoever made them may not mean what they say (RFC 9112 §6.1).
  if (version === 'HTTP/1.0' && block.contentLength === BODY_UNKNOWN_LENGTH) return false;
  return version === 'HTTP/1.1' ? !hasOption(connection, 'close') : hasOption(connection, 'keep-alive');
}
