import { BODY_UNTIL_CLOSE, type Headers, type RequestHead, type ResponseHead } from '../../codec/head.ts';
import { getHeader } from '../headers.ts';
import { type CacheControl, readCacheControl } from './cache-control.ts';
import { explicitLifetimeMs } from './freshness.ts';

/** Which requests may be answered from a shared cache, and which answers may be kept there (RFC 9111 §3). */

/** Final statuses that this cache understands: those of RFC 9110 §15.1 but 206, and the temporary redirects. */
const STORABLE_STATUSES: ReadonlySet<number> = new Set([
  ...[200, 203, 204, 300, 301, 302, 307, 308, 404, 405, 410, 414, 501],
]);

/** Conditions and ranges that only the host can decide. */
const FOR_THE_HOST = ['range', 'if-range', 'if-match', 'if-unmodified-since'] as const;

/** Whether the store has no part in this GET or HEAD. */
export function isBypassed(request: RequestHead, hasBody: boolean, control: CacheControl): boolean {
  if (hasBody || request.upgrade !== '' || control.has('no-store')) return true;
  return FOR_THE_HOST.some((name) => getHeader(request.headers, name) !== undefined);
}

/** `Pragma: no-cache` counts where there is no Cache-Control (RFC 9111 §5.4). */
export function requestControl(headers: Readonly<Headers>): CacheControl {
  const control = readCacheControl(headers);
  const isOld = control.size === 0 && /\bno-cache\b/i.test(getHeader(headers, 'pragma') ?? '');
  return isOld ? NO_CACHE : control;
}

const NO_CACHE: CacheControl = new Map([['no-cache', '']]);

/** Without a lifetime and without a validator an answer would never be used again. */
export function isStorable(head: ResponseHead, control: CacheControl, isAuthorized: boolean): boolean {
  if (!STORABLE_STATUSES.has(head.status) || head.contentLength === BODY_UNTIL_CLOSE) return false;
  if (control.has('no-store') || control.has('private')) return false;
  if (isAuthorized && !maySharePrivileged(control)) return false;
  const { headers } = head;
  // RFC 9111 §7.3 leaves it to the host; one caller's session must not be given to all by an oversight.
  if (getHeader(headers, 'set-cookie') !== undefined) return false;
  if (getHeader(headers, 'content-range') !== undefined) return false;
  if ((getHeader(headers, 'vary') ?? '').includes('*')) return false;
  return (explicitLifetimeMs(headers, control, 0) ?? 0) > 0 || hasValidator(headers);
}

/** RFC 9111 §3.5: what was answered to an `Authorization` may be given to others only with the host's word. */
export function maySharePrivileged(control: CacheControl): boolean {
  return control.has('public') || control.has('s-maxage') || control.has('must-revalidate');
}

export function hasValidator(headers: Readonly<Headers>): boolean {
  return getHeader(headers, 'etag') !== undefined || getHeader(headers, 'last-modified') !== undefined;
}

/** Methods that change nothing leave the store as it is (RFC 9110 §9.2.1); an unknown one may change anything. */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}

/** RFC 9111 §4.4: only an answer that is no error tells that something has changed. */
export function invalidates(status: number): boolean {
  return status >= 200 && status < 400;
}
