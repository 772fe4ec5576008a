import { RequestParser } from '../agent/codec/h1/request-parser.ts';
import { encodeRequestHead } from '../agent/codec/h1/write-head.ts';
import type { RequestHead } from '../agent/codec/head.ts';
import { createMemoryPool, type MemoryUpstream } from '../agent/exchange/memory-codec.ts';
import type { Pool } from '../agent/exchange/streams.ts';
import { getHeader } from '../agent/policy/headers.ts';
import type { Clock } from '../base/clock.ts';
import { ARRIVAL_HEADER, type Arrival, joinHeaders } from './describe-answer.ts';
import type { Backend } from './scenario.ts';

/** The application of the recordings: answers 200, or what `x-echo-status` says, after `x-echo-delay`. */
export function createEchoApplication(
  workload: string,
  port: number,
  { clock, arrivals }: { readonly clock: Clock; readonly arrivals: Arrival[] },
): Pool {
  return createMemoryPool((upstream: MemoryUpstream) => {
    const { headers } = upstream.head;
    const status = Number(getHeader(headers, 'x-echo-status') ?? 200);
    const delayMs = parseDelayMs(getHeader(headers, 'x-echo-delay'));
    const number = arrivals.push({ backend: describe(workload, port, upstream.head), status }) - 1;
    const answer = () =>
      upstream.respond(status, ['content-type', 'application/json', ARRIVAL_HEADER, String(number)], '{}');
    if (delayMs === 0) answer();
    else clock.after(delayMs, answer);
  });
}

function parseDelayMs(text: string | undefined): number {
  const match = /^([0-9.]+)(ms|s)$/.exec(text ?? '');
  return match === null ? 0 : Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

/** What the application sees: the head goes over the wire and is read again. */
function describe(workload: string, port: number, sent: RequestHead): Backend {
  const head = overTheWire(sent);
  const headers = joinHeaders(head.headers);
  if (head.contentLength >= 0) headers['content-length'] = String(head.contentLength);
  const { method, path, authority: host, version: proto } = head;
  return { workload, port, method, path, host, proto, headers };
}

export function overTheWire(sent: RequestHead): RequestHead {
  return readHead(encodeRequestHead(sent));
}

/** @throws ProtocolError for what the codec refuses */
export function readHead(text: string): RequestHead {
  let read: RequestHead | null = null;
  const onRequest = (head: RequestHead) => {
    read = head;
  };
  new RequestParser({ onRequest, onData() {}, onEnd() {}, onTunnel() {} }).push(Buffer.from(text, 'latin1'));
  if (read === null) throw new Error('the head is not whole');
  return read;
}
