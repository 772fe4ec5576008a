import { METHODS } from '../codec/h1/syntax.ts';

/** What the first bytes of a connection are; `unknown` = too few of them to tell. */
export type DetectedProtocol = 'http1' | 'http2' | 'tls' | 'tcp' | 'unknown';

/** RFC 9113 §3.4. */
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const LONGEST_METHOD = Math.max(...[...METHODS].map((method) => method.length));

/** Envoy's http_inspector and tls_inspector in one look; reads nothing twice and keeps nothing. */
export function detectProtocol(bytes: Buffer): DetectedProtocol {
  if (bytes.length === 0) return 'unknown';
  if (bytes[0] === 0x16) return bytes.length === 1 ? 'unknown' : bytes[1] === 0x03 ? 'tls' : 'tcp';
  const start = bytes.latin1Slice(0, Math.min(bytes.length, PREFACE.length));
  if (start === PREFACE) return 'http2';
  if (PREFACE.startsWith(start)) return 'unknown';
  const space = start.indexOf(' ');
  if (space > 0) return METHODS.has(start.slice(0, space)) ? 'http1' : 'tcp';
  if (start.length > LONGEST_METHOD) return 'tcp';
  for (const method of METHODS) if (method.startsWith(start)) return 'unknown';
  return 'tcp';
}
