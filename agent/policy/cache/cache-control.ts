import type { Headers } from '../../codec/head.ts';
import { getHeader, getHeaderLines } from '../headers.ts';

/**
 * `Cache-Control` of requests and answers (RFC 9111 §5.2). Names are lower-case; a directive without a value has ''.
 * Of a directive that is given twice the first counts, as §4.2.1 allows.
 */
export type CacheControl = ReadonlyMap<string, string>;

const NONE: CacheControl = new Map();
/** `name`, `name=token` or `name="quoted, text"`. */
const DIRECTIVE = /([^\s,;="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g;
/** RFC 9111 §1.2.2: what is too large to hold counts as this. */
const MAX_SECONDS = 2 ** 31;

export function readCacheControl(headers: Readonly<Headers>): CacheControl {
  if (getHeader(headers, 'cache-control') === undefined) return NONE;
  const directives = new Map<string, string>();
  for (const [, name = '', quoted, token] of getHeaderLines(headers, 'cache-control')
    .join(',')
    .matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, quoted ?? token ?? '');
  }
  return directives;
}

/** undefined = not given; a value that is no number of seconds is 0, which is stale (§4.2.1). */
export function secondsOf(control: CacheControl, name: string): number | undefined {
  const value = control.get(name);
  if (value === undefined) return undefined;
  return /^[0-9]+$/.test(value) ? Math.min(Number(value), MAX_SECONDS) : 0;
}
