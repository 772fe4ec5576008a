import { createHash, randomBytes } from 'node:crypto';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import { getHeader, removeHeader } from '../policy/headers.ts';

/**
 * HTTP/1.1 proves by a key and its digest that both sides speak WebSocket, HTTP/2 does not (RFC 6455 §4.2.2, RFC 8441
 * §5): where one meets the other, the proxy stands for the side that has none.
 */

const KEY = 'sec-websocket-key';
const ACCEPT = 'sec-websocket-accept';
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const isWebSocket = ({ upgrade }: RequestHead) => upgrade.toLowerCase() === 'websocket';

/** For a caller by HTTP/2: its host may speak HTTP/1.1. */
export function addKey(request: RequestHead): void {
  if (!isWebSocket(request) || getHeader(request.headers, KEY) !== undefined) return;
  request.headers.push(KEY, randomBytes(16).toString('base64'));
}

/** For a caller by HTTP/1.1 whose host speaks HTTP/2. */
export function withAccept(request: RequestHead, headers: Headers): Headers {
  const key = isWebSocket(request) ? getHeader(request.headers, KEY) : undefined;
  if (key === undefined || getHeader(headers, ACCEPT) !== undefined) return headers;
  const digest = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  return [...headers, ACCEPT, digest];
}

/** 101 in HTTP/2's words. */
export function asHttp2(head: ResponseHead): ResponseHead {
  removeHeader(head.headers, ACCEPT);
  return { ...head, status: 200, upgrade: '' };
}
