import { copyOf } from '../copy-of.ts';
import { BODY_NOT_TOLD, BODY_UNKNOWN_LENGTH, type Headers, type RequestHead } from '../head.ts';
import { ProtocolError } from '../protocol-error.ts';
import { type BodySink, ChunkedReader } from './body.ts';
import { HeadBuffer } from './head-buffer.ts';
import { type HeaderBlock, hasOption, readHeaderBlock } from './header-block.ts';
import { AUTHORITY, FORBIDDEN_IN_TARGET, METHODS } from './syntax.ts';

/**
 * HTTP/1 requests out of bytes (RFC 9112), for the server's side. No I/O. Strategy: one `latin1Slice` per head, then
 * `indexOf`; bodies pass by reference. Never accepts what another parser could read otherwise.
 */
export interface RequestSink extends BodySink {
  /** `isLast`: the peer expects the connection to end after this exchange. */
  onRequest(head: RequestHead, hasBody: boolean, isLast: boolean): void;
  /** Bytes behind an upgrade or CONNECT, untouched. */
  onTunnel(chunk: Buffer): void;
}

type State = 'head' | 'length' | 'chunked' | 'waiting' | 'tunnel';

export class RequestParser {
  readonly #sink: RequestSink;
  readonly #head = new HeadBuffer();
  #state: State = 'head';
  #remaining = 0;
  #chunked: ChunkedReader | null = null;
  #rest: Buffer | null = null;

  constructor(sink: RequestSink) {
    this.#sink = sink;
  }

  /** A head has begun and is not whole. */
  get hasPartialHead(): boolean {
    return this.#head.isPartial;
  }

  /** Bytes of a pipelined request are waiting for {@link next}. */
  get hasRest(): boolean {
    return this.#rest !== null;
  }

  /**
   * Reads on. After a whole request the parser waits for {@link next}, and keeps what came behind it: the caller
   * should stop reading when {@link hasRest} is true.
   * @throws ProtocolError
   */
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
          if (this.#remaining === 0) this.#endRequest(null);
          break;
        }
        case 'chunked': {
          const body = this.#chunked as ChunkedReader;
          at = body.read(chunk, at, this.#sink);
          if (body.isDone) this.#endRequest(body.trailers);
          break;
        }
        case 'tunnel':
          this.#sink.onTunnel(at === 0 ? chunk : chunk.subarray(at));
          return;
        case 'waiting': {
          const rest = chunk.subarray(at);
          this.#rest = this.#rest === null ? rest : Buffer.concat([this.#rest, rest]);
          return;
        }
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
    this.#startRequest(text);
    return at;
  }

  /** The exchange is over: reads the next request, from what was kept first. */
  next(): void {
    this.#state = 'head';
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.push(rest);
  }

  /** From here on bytes are no longer HTTP (101, or 2xx to CONNECT). */
  startTunnel(): void {
    this.#state = 'tunnel';
    const rest = this.#rest;
    this.#rest = null;
    if (rest !== null) this.#sink.onTunnel(rest);
  }

  #startRequest(text: string): void {
    const lineEnd = text.indexOf('\r\n');
    const methodEnd = text.indexOf(' ');
    const targetEnd = text.indexOf(' ', methodEnd + 1);
    if (methodEnd <= 0 || targetEnd < 0 || targetEnd > lineEnd) {
      throw new ProtocolError('bad_request_line', 'invalid request line');
    }
    const version = readVersion(text, targetEnd + 1, lineEnd);
    const method = readMethod(text, methodEnd);
    const block = readHeaderBlock(text, lineEnd + 2);
    const isChunked = block.contentLength === BODY_UNKNOWN_LENGTH;
    checkFraming(block, method, version);
    if (block.hosts > 1 || (block.hosts === 0 && version === 'HTTP/1.1')) {
      throw new ProtocolError('bad_host', block.hosts > 1 ? 'host given twice' : 'host is missing');
    }
    const target = readTarget(text.slice(methodEnd + 1, targetEnd), method, block.host);
    const hasBody = isChunked || block.contentLength > 0;
    const isUpgrade = block.upgrade !== '' && hasOption(block.connection, 'upgrade');
    const head: RequestHead = {
      method,
      path: target.path,
      authority: target.authority,
      version,
      headers: block.headers,
      contentLength: block.contentLength,
      // A server may ignore h2c, and a proxy that passed it on would lose sight of the requests (RFC 9110 §7.8).
      upgrade: isUpgrade && block.upgrade.toLowerCase() !== 'h2c' ? block.upgrade : '',
      expectContinue: block.expectContinue && version === 'HTTP/1.1' && hasBody,
    };
    this.#remaining = isChunked ? 0 : Math.max(0, block.contentLength);
    this.#state = isChunked ? 'chunked' : hasBody ? 'length' : 'waiting';
    if (isChunked) this.#chunked = new ChunkedReader();
    const isLast =
      version === 'HTTP/1.0'
        ? !hasOption(block.connection, 'keep-alive')
        : hasOption(block.connection, 'close');
    this.#sink.onRequest(head, hasBody, isLast);
    if (!hasBody) this.#sink.onEnd(null);
  }

  #endRequest(trailers: Headers | null): void {
    this.#chunked = null;
    this.#state = 'waiting';
    this.#sink.onEnd(trailers);
  }
}

/** A look into the set makes the text known to the whole engine first: the common case is spared that. */
function readMethod(text: string, end: number): string {
  if (text.startsWith('GET ')) return 'GET';
  const method = text.slice(0, end);
  if (!METHODS.has(method)) throw new ProtocolError('bad_method', 'unknown method');
  return method;
}

function readVersion(text: string, start: number, end: number): 'HTTP/1.1' | 'HTTP/1.0' {
  if (end - start === 8) {
    if (text.startsWith('HTTP/1.1', start)) return 'HTTP/1.1';
    if (text.startsWith('HTTP/1.0', start)) return 'HTTP/1.0';
  }
  if (/^HTTP\/[0-9](\.[0-9])?$/.test(text.slice(start, end)))
    throw new ProtocolError('bad_version', 'HTTP version not supported', 505);
  throw new ProtocolError('bad_request_line', 'invalid HTTP version');
}

/** Chunks are HTTP/1.1's, and what belongs to a CONNECT is its tunnel (Envoy's codec; RFC 9110 §9.3.6). */
function checkFraming(block: HeaderBlock, method: string, version: string): void {
  const isChunked = block.contentLength === BODY_UNKNOWN_LENGTH;
  if (isChunked && version === 'HTTP/1.0') {
    throw new ProtocolError('bad_transfer_encoding', 'transfer-encoding in HTTP/1.0');
  }
  if (method !== 'CONNECT') return;
  if (isChunked) throw new ProtocolError('bad_transfer_encoding', 'transfer-encoding of a CONNECT', 501);
  if (block.contentLength > 0) throw new ProtocolError('bad_content_length', 'body of a CONNECT');
  block.contentLength = BODY_NOT_TOLD;
}

/** The four forms of RFC 9112 §3.2; the authority of an absolute form replaces Host (§3.2.2). */
function readTarget(target: string, method: string, host: string): { path: string; authority: string } {
  if (target === '' || FORBIDDEN_IN_TARGET.test(target))
    throw new ProtocolError('bad_target', 'invalid request target');
  if (!AUTHORITY.test(host)) throw new ProtocolError('bad_host', 'invalid host');
  if (method === 'CONNECT') {
    if (!/^[^/?#@]+:[0-9]+$/.test(target)) throw new ProtocolError('bad_target', 'CONNECT needs host:port');
    return { path: '', authority: target };
  }
  if (target.charCodeAt(0) === 0x2f) return { path: target, authority: host };
  if (target === '*' && method === 'OPTIONS') return { path: '*', authority: host };
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(target);
  if (absolute?.[1] === undefined || !AUTHORITY.test(absolute[1])) {
    throw new ProtocolError('bad_target', 'invalid request target');
  }
  const path = absolute[2] ?? '';
  return { path: path.startsWith('/') ? path : `/${path}`, authority: absolute[1] };
}
