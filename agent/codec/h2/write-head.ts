import type { Headers, RequestHead, ResponseHead } from '../head.ts';
import type { HpackEncoder } from '../hpack/encoder.ts';
import { isConnectionSpecific } from './connection-specific.ts';
import type { Output } from './output.ts';

/** Heads into fields (RFC 9113 §8). Names go out in lower case, whatever the other side's protocol was. */

export function writeRequestFields(
  encoder: HpackEncoder,
  output: Output,
  head: RequestHead,
  scheme: string,
): void {
  const isUpgrade = head.upgrade !== '';
  encoder.field(output, ':method', isUpgrade ? 'CONNECT' : head.method);
  if (isUpgrade) encoder.field(output, ':protocol', head.upgrade);
  if (head.method !== 'CONNECT') {
    encoder.field(output, ':scheme', scheme);
    encoder.field(output, ':path', head.path);
  }
  if (head.authority !== '') encoder.field(output, ':authority', head.authority);
  writeFields(encoder, output, isUpgrade ? withoutKey(head.headers) : head.headers);
  if (head.contentLength > 0 || (head.contentLength === 0 && !isUpgrade))
    encoder.field(output, 'content-length', String(head.contentLength));
  if (head.expectContinue) encoder.field(output, 'expect', '100-continue');
}

/** HTTP/1.1 alone proves by it that the other side speaks WebSocket (RFC 8441 §5). */
function withoutKey(headers: Readonly<Headers>): Headers {
  return headers.filter((_, index) => (headers[index & ~1] as string).toLowerCase() !== 'sec-websocket-key');
}

export function writeResponseFields(encoder: HpackEncoder, output: Output, head: ResponseHead): void {
  encoder.field(output, ':status', String(head.status));
  writeFields(encoder, output, head.headers);
  if (head.contentLength >= 0) encoder.field(output, 'content-length', String(head.contentLength));
}

export function writeFields(encoder: HpackEncoder, output: Output, fields: Readonly<Headers>): void {
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    // No codec lets them through, but header operations may add them.
    if (!isConnectionSpecific(name)) encoder.field(output, name, fields[i + 1] as string);
  }
}
