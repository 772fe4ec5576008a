import type { Headers } from '../../codec/head.ts';
import { getHeader } from '../headers.ts';
import { type CacheControl, secondsOf } from './cache-control.ts';
import type { ResponseTimes, StoredHead } from './stored-response.ts';

/** How long an answer is fresh and how old it is (RFC 9111 §4.2). No lifetime is guessed: §4.2.2 is not used. */

/** The lifetime that the host gave, for a shared cache; undefined = it gave none. */
export function explicitLifetimeMs(
  headers: Readonly<Headers>,
  control: CacheControl,
  wallMs: number,
): number | undefined {
  const seconds = secondsOf(control, 's-maxage') ?? secondsOf(control, 'max-age');
  if (seconds !== undefined) return seconds * 1000;
  const expires = getHeader(headers, 'expires');
  if (expires === undefined) return undefined;
  const expiresAtMs = Date.parse(expires);
  // §5.3: what is no date, `0` above all, has expired.
  if (Number.isNaN(expiresAtMs) || !/[a-z]/i.test(expires)) return 0;
  return Math.max(0, expiresAtMs - (dateMs(headers) ?? wallMs));
}

/** §4.2.3: the larger of what the clocks say and what `Age` and the round trip say. */
export function initialAgeMs(headers: Readonly<Headers>, times: ResponseTimes): number {
  const apparentMs = Math.max(0, times.wallMs - (dateMs(headers) ?? times.wallMs));
  const told = getHeader(headers, 'age') ?? '';
  const ageMs = /^[0-9]+$/.test(told) ? Number(told) * 1000 : 0;
  return Math.max(apparentMs, ageMs + times.receivedAtMs - times.requestedAtMs);
}

export function ageMs(stored: StoredHead, nowMs: number): number {
  return stored.initialAgeMs + nowMs - stored.receivedAtMs;
}

/** What is left of its lifetime; below 0 = stale for that long. */
export function ttlMs(stored: StoredHead, nowMs: number): number {
  return stored.freshnessMs - ageMs(stored, nowMs);
}

function dateMs(headers: Readonly<Headers>): number | undefined {
  const parsed = Date.parse(getHeader(headers, 'date') ?? '');
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** What the host, and then the caller, make of a stored answer's age (RFC 9111 §4.2.4, §5.2). */
export function mayUseUnasked(stored: StoredHead, request: CacheControl, nowMs: number): boolean {
  if (request.has('no-cache') || stored.control.has('no-cache')) return false;
  const age = ageMs(stored, nowMs);
  const maxAge = secondsOf(request, 'max-age');
  if (maxAge !== undefined && age > maxAge * 1000) return false;
  const leftMs = ttlMs(stored, nowMs);
  if (leftMs > 0) return leftMs >= (secondsOf(request, 'min-fresh') ?? 0) * 1000;
  return mayBeStale(request, stored.control, -leftMs);
}

/** `max-stale` without a value takes any age; the host's word against stale answers beats it. */
function mayBeStale(request: CacheControl, answer: CacheControl, staleMs: number): boolean {
  const limit = request.get('max-stale');
  if (limit === undefined || request.has('min-fresh') || forbidsStale(answer)) return false;
  return limit === '' || staleMs <= (secondsOf(request, 'max-stale') ?? 0) * 1000;
}

/** s-maxage means proxy-revalidate too (RFC 9111 §5.2.2.10). */
function forbidsStale(answer: CacheControl): boolean {
  return answer.has('must-revalidate') || answer.has('proxy-revalidate') || answer.has('s-maxage');
}

/**
 * RFC 5861: whether the host lets an answer be used that long after it went stale. The caller may say so too for
 * failures (§4), and may want none of it: its `max-age` and `min-fresh` ask for something fresh.
 */
export function mayBeUsedStale(
  stored: StoredHead,
  request: CacheControl,
  nowMs: number,
  directive: 'stale-if-error' | 'stale-while-revalidate',
): boolean {
  const { control } = stored;
  if (forbidsStale(control) || control.has('no-cache')) return false;
  if (request.has('no-cache') || request.has('max-age') || request.has('min-fresh')) return false;
  const asked = directive === 'stale-if-error' ? secondsOf(request, directive) : undefined;
  const seconds = asked ?? secondsOf(control, directive);
  return seconds !== undefined && -ttlMs(stored, nowMs) <= seconds * 1000;
}
