import { METHODS } from '../codec/h1/syntax.ts';

/** What the first bytes of a connection are; `unknown` = too few of them to tell. */
export type DetectedProtocol = 'http1' | 'http2' | 'tls' | 'tcp' | 'unknown';

/** RFC 9113 §3.4. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const LONGEST_METHOD = Math.max(...[...METHODS].map((method) => method.length));
/** A line that is longer is left to the codec; Envoy looks at 64 KiB of it. */
const MAX_LINE_BYTES = 8 * 1024;
const LINE_FEED = 0x0a;

/**
 * Envoy's http_inspector and tls_inspector in one look; reads nothing twice and keeps nothing.
 * @param canBeOther the port is not declared HTTP. Words of other protocols may be methods too (Redis takes
 * `GET key`): HTTP/1 is then told by its whole request line, which names its version.
 */
export function detectProtocol(bytes: Buffer, canBeOther = true): DetectedProtocol {
  if (bytes.length === 0) return 'unknown';
  if (bytes[0] === 0x16) return bytes.length === 1 ? 'unknown' : bytes[1] === 0x03 ? 'tls' : 'tcp';
  const start = bytes.latin1Slice(0, Math.min(bytes.length, PREFACE.length));
  if (start === PREFACE) return 'http2';
  if (PREFACE.startsWith(start)) return 'unknown';
  const space = start.indexOf(' ');
  if (space > 0) {
    if (!METHODS.has(start.slice(0, space))) return 'tcp';
    return canBeOther ? ofRequestLine(bytes, space) : 'http1';
  }
  if (start.length > LONGEST_METHOD) return 'tcp';
  for (const method of METHODS) if (method.startsWith(start)) return 'unknown';
  return 'tcp';
}

/** Whether the line is a good one is the codec's matter: a broken one gets its 400. */
function ofRequestLine(bytes: Buffer, methodEnd: number): DetectedProtocol {
  const lineEnd = bytes.indexOf(LINE_FEED, methodEnd);
  if (lineEnd < 0) return bytes.length > MAX_LINE_BYTES ? 'http1' : 'unknown';
  return bytes.latin1Slice(methodEnd, lineEnd).includes(' HTTP/') ? 'http1' : 'tcp';
}
