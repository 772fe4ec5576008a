import { ResponseParser } from '../agent/codec/h1/response-parser.ts';
import type { ResponseHead } from '../agent/codec/head.ts';
import type { Response } from './describe-answer.ts';

/**
 * The response out of all bytes of a connection that was opened for one request; null = there was none.
 * @throws ProtocolError
 */
export function readResponse(method: string, bytes: Buffer): Response | null {
  let head: ResponseHead | null = null;
  const chunks: Buffer[] = [];
  const parser = new ResponseParser({
    onInterim() {},
    onResponse(read) {
      head = read;
    },
    onTunnel() {},
    onData: (chunk) => chunks.push(chunk),
    onEnd() {},
  });
  parser.expect(method);
  parser.push(bytes);
  const read = head as ResponseHead | null;
  return read === null ? null : { ...read, body: Buffer.concat(chunks).toString() };
}
