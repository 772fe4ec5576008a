import {
  BODY_NOT_TOLD,
  BODY_UNKNOWN_LENGTH,
  BODY_UNTIL_CLOSE,
  type Headers,
  type RequestHead,
  type ResponseHead,
} from '../head.ts';
import { reasonPhrase } from './reason-phrases.ts';

/**
 * Heads as text, to be written as latin1 in one piece. Header names keep their case. Values come from a parser or were
 * checked when the configuration was compiled: no line break can be in them.
 */
/** To a request without a body the others say `content-length: 0`, as Envoy does (RFC 9110 §8.6). */
const BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'TRACE', 'CONNECT']);

export function encodeRequestHead(head: RequestHead): string {
  const target = head.method === 'CONNECT' ? head.authority : head.path;
  const line = `${head.method} ${target} HTTP/1.1\r\nhost: ${head.authority}\r\n`;
  let text = addLines(line, head.headers);
  if (head.contentLength >= 0) text += `content-length: ${head.contentLength}\r\n`;
  else if (head.contentLength === BODY_UNKNOWN_LENGTH) text += 'transfer-encoding: chunked\r\n';
  else if (head.method !== 'GET' && !BODILESS.has(head.method)) text += 'content-length: 0\r\n';
  if (head.upgrade !== '') text += `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`;
  if (head.expectContinue) text += 'expect: 100-continue\r\n';
  return `${text}\r\n`;
}

export interface ResponseWriteOptions {
  /** The connection ends after this answer. */
  readonly isLast: boolean;
  /** The caller speaks HTTP/1.0: no chunks, and keep-alive must be said. */
  readonly isHttp10: boolean;
}

export function encodeResponseHead(head: ResponseHead, { isLast, isHttp10 }: ResponseWriteOptions): string {
  const reason = head.reason === '' ? reasonPhrase(head.status) : head.reason;
  let text = addLines(`HTTP/1.1 ${head.status} ${reason}\r\n`, head.headers);
  if (head.contentLength >= 0) text += `content-length: ${head.contentLength}\r\n`;
  else if (isChunkedResponse(head, isHttp10)) text += 'transfer-encoding: chunked\r\n';
  if (head.upgrade !== '') text += `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`;
  else if (isLast) text += 'connection: close\r\n';
  else if (isHttp10) text += 'connection: keep-alive\r\n';
  return `${text}\r\n`;
}

/** Piece by piece onto one rope: a template makes a text of its own out of each line first. */
export function addLines(before: string, headers: Headers): string {
  let text = before;
  for (let i = 0; i < headers.length; i += 2) {
    text += headers[i] as string;
    text += ': ';
    text += headers[i + 1] as string;
    text += '\r\n';
  }
  return text;
}

/** Whether the body is to be written in chunks; an HTTP/1.0 caller gets it up to the connection's end instead. */
export function isChunkedResponse(head: ResponseHead, isHttp10: boolean): boolean {
  return !isHttp10 && (head.contentLength === BODY_UNKNOWN_LENGTH || head.contentLength === BODY_UNTIL_CLOSE);
}

/** The body of an answer to an HTTP/1.0 caller that has no length ends with the connection. */
export function endsWithConnection(head: ResponseHead, isHttp10: boolean): boolean {
  return isHttp10 && head.contentLength < 0 && head.contentLength !== BODY_NOT_TOLD;
}
