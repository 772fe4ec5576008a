import { BODY_NOT_TOLD, BODY_UNKNOWN_LENGTH, type Headers } from '../head.ts';
import { isNamed } from '../header-name.ts';
import { ProtocolError } from '../protocol-error.ts';
import { HEAD_LINES, isToken, MAX_HEADERS } from './syntax.ts';

/**
 * Reads the lines between the first line and the empty line: the end-to-end headers into one flat array, the framing
 * and connection headers into fields. Never lenient: what two parsers could read differently is refused.
 */
export interface HeaderBlock {
  headers: Headers;
  host: string;
  hosts: number;
  /** BODY_NOT_TOLD if neither content-length nor chunked. */
  contentLength: number;
  /** `connection` options, lower-case, '' = none; joined with `,`. */
  connection: string;
  upgrade: string;
  expectContinue: boolean;
}

/**
 * @param text whole lines, each with its CRLF
 * @param start index of the first header line
 * @throws ProtocolError
 */
export function readHeaderBlock(text: string, start: number): HeaderBlock {
  if (!HEAD_LINES.test(text))
    throw new ProtocolError('bad_header', 'control character or bare line break in a header');
  const block: HeaderBlock = {
    headers: [],
    host: '',
    hosts: 0,
    contentLength: BODY_NOT_TOLD,
    connection: '',
    upgrade: '',
    expectContinue: false,
  };
  let count = 0;
  for (let at = start; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > end) throw new ProtocolError('bad_header', 'header line without a colon');
    if (++count > MAX_HEADERS)
      throw new ProtocolError('too_many_headers', `more than ${MAX_HEADERS} headers`, 431);
    const name = text.slice(at, colon);
    if (!isToken(name)) throw new ProtocolError('bad_header', 'invalid header name');
    addHeader(block, name, trimValue(text, colon + 1, end));
    at = end + 2;
  }
  if (block.connection !== '') removeNamedByConnection(block);
  return block;
}

/** Optional white space is space and tab only (RFC 9110 §5.6.3); `trim()` would take more. */
function trimValue(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** Sorted by length first: most names are known to be ordinary after one comparison of integers. */
function addHeader(block: HeaderBlock, name: string, value: string): void {
  switch (name.length) {
    case 2:
      // Hop by hop, but gRPC's `te: trailers` must reach an HTTP/2 server (RFC 9113 §8.2.2).
      if (isNamed(name, 'te') && value.toLowerCase() !== 'trailers') return;
      break;
    case 4:
      if (!isNamed(name, 'host')) break;
      block.host = value;
      block.hosts += 1;
      return;
    case 6:
      if (!isNamed(name, 'expect')) break;
      // Any other expectation is passed on, as with Envoy.
      if (value.toLowerCase() !== '100-continue') break;
      block.expectContinue = true;
      return;
    case 7:
      if (!isNamed(name, 'upgrade')) break;
      block.upgrade += block.upgrade === '' ? value : `, ${value}`;
      return;
    case 10:
      if (isNamed(name, 'keep-alive')) return;
      if (!isNamed(name, 'connection')) break;
      block.connection += `${block.connection === '' ? '' : ','}${value.toLowerCase()}`;
      return;
    case 14:
      if (isNamed(name, 'http2-settings')) return;
      if (!isNamed(name, 'content-length')) break;
      setContentLength(block, value);
      return;
    case 16:
      if (isNamed(name, 'proxy-connection')) return;
      break;
    case 17:
      if (!isNamed(name, 'transfer-encoding')) break;
      setTransferEncoding(block, value);
      return;
  }
  block.headers.push(name, value);
}

function setContentLength(block: HeaderBlock, value: string): void {
  if (block.contentLength === BODY_UNKNOWN_LENGTH) {
    throw new ProtocolError('bad_content_length', 'content-length beside transfer-encoding');
  }
  if (block.contentLength !== BODY_NOT_TOLD)
    throw new ProtocolError('bad_content_length', 'content-length given twice');
  const length = readDigits(value);
  if (length < 0) throw new ProtocolError('bad_content_length', 'invalid content-length');
  block.contentLength = length;
}

/** -1 for what is no number, or one that cannot be counted exactly. */
function readDigits(text: string): number {
  if (text.length === 0 || text.length > 16) return -1;
  let number = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number > Number.MAX_SAFE_INTEGER ? -1 : number;
}

function setTransferEncoding(block: HeaderBlock, value: string): void {
  if (value.toLowerCase() !== 'chunked') {
    throw new ProtocolError('bad_transfer_encoding', 'transfer-encoding other than chunked', 501);
  }
  if (block.contentLength === BODY_UNKNOWN_LENGTH) {
    throw new ProtocolError('bad_transfer_encoding', 'transfer-encoding given twice');
  }
  if (block.contentLength !== BODY_NOT_TOLD) {
    throw new ProtocolError('bad_transfer_encoding', 'transfer-encoding beside content-length');
  }
  block.contentLength = BODY_UNKNOWN_LENGTH;
}

/** Options of `connection` that name no header to remove; `te: trailers` goes on (see above). */
const KEPT_OPTIONS: ReadonlySet<string> = new Set(['', 'close', 'keep-alive', 'upgrade', 'te']);

/** RFC 9110 §7.6.1: a header that `connection` names concerns this hop only. */
function removeNamedByConnection(block: HeaderBlock): void {
  // Nearly always it is one of these alone; a look into the set costs a multiple.
  if (block.connection === 'keep-alive' || block.connection === 'close') return;
  for (const option of block.connection.split(',')) {
    const name = option.trim();
    if (KEPT_OPTIONS.has(name)) continue;
    for (let i = block.headers.length - 2; i >= 0; i -= 2) {
      if (isNamed(block.headers[i] as string, name)) block.headers.splice(i, 2);
    }
  }
}

/** Whether `connection` holds the option. */
export function hasOption(connection: string, option: string): boolean {
  if (connection === option) return true;
  // Most say one other thing, if any.
  if (!connection.includes(option)) return false;
  return connection.split(',').some((each) => each.trim() === option);
}
