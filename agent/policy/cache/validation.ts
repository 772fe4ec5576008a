import type { Headers } from '../../codec/head.ts';
import { getHeader, getHeaderLines, removeHeader, setHeader } from '../headers.ts';
import type { StoredResponse } from './stored-response.ts';

/** Asking a host whether a stored answer is still good (RFC 9111 §4.3), and callers who ask us. */

/** The caller's own conditions give way to ours: it is answered from the store, by its own conditions, after that. */
export function askIfChanged(headers: Headers, stored: StoredResponse): void {
  removeHeader(headers, 'if-none-match');
  removeHeader(headers, 'if-modified-since');
  const etag = getHeader(stored.headers, 'etag');
  const lastModified = getHeader(stored.headers, 'last-modified');
  if (etag !== undefined) setHeader(headers, 'if-none-match', etag);
  if (lastModified !== undefined) setHeader(headers, 'if-modified-since', lastModified);
}

/** RFC 9111 §4.3.2: whether the caller has this very answer already. `If-None-Match` beats the date. */
export function isNotModified(request: Readonly<Headers>, stored: StoredResponse): boolean {
  if (stored.status !== 200) return false;
  const tags = getHeaderLines(request, 'if-none-match').join(',');
  if (tags !== '') return tags.trim() === '*' || hasTag(tags, getHeader(stored.headers, 'etag'));
  const since = Date.parse(getHeader(request, 'if-modified-since') ?? '');
  const modified = Date.parse(getHeader(stored.headers, 'last-modified') ?? '');
  return modified <= since;
}

/** Weak comparison (RFC 9110 §8.8.3.2): `W/"1"` and `"1"` are one. */
function hasTag(tags: string, etag: string | undefined): boolean {
  if (etag === undefined) return false;
  const opaque = etag.replace(/^W\//, '');
  return [...tags.matchAll(/"[^"]*"/g)].some(([tag]) => tag === opaque);
}

/** RFC 9111 §3.2: what a 304 says replaces what was stored; what tells of the body stays. */
export function refreshedHeaders(stored: Readonly<Headers>, update: Readonly<Headers>): Headers {
  const named = new Set<string>();
  for (let at = 0; at < update.length; at += 2) named.add((update[at] as string).toLowerCase());
  for (const name of OF_THE_BODY) named.delete(name);
  // The age of before says nothing of the answer as it is now.
  const kept = pick(stored, (name) => name !== 'age' && !named.has(name));
  return [...kept, ...pick(update, (name) => named.has(name))];
}

const OF_THE_BODY = ['content-encoding', 'content-type', 'content-range'];

/** What is of one answer alone, or of one connection, and not stored (RFC 9111 §3.1). */
const NOT_KEPT: ReadonlySet<string> = new Set([
  ...['x-envoy-upstream-service-time', 'x-envoy-decorator-operation', 'proxy-authenticate'],
  ...['proxy-authentication-info', 'proxy-authorization'],
]);

export function keptHeaders(headers: Readonly<Headers>): Headers {
  return pick(headers, (name) => !NOT_KEPT.has(name));
}

/** A 304 has what the 200 would have had to find the stored answer by (RFC 9110 §15.4.5). */
export function notModifiedHeaders(headers: Readonly<Headers>): Headers {
  return pick(headers, (name) => !name.startsWith('content-') || name === 'content-location');
}

function pick(headers: Readonly<Headers>, isWanted: (name: string) => boolean): Headers {
  const picked: Headers = [];
  for (let at = 0; at < headers.length; at += 2)
    if (isWanted((headers[at] as string).toLowerCase()))
      picked.push(headers[at] as string, headers[at + 1] as string);
  return picked;
}
