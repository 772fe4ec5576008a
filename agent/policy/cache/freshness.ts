import type { Headers } from '../../codec/head.ts';
import { getHeader } from '../headers.ts';
import { type CacheControl, secondsOf } from './cache-control.ts';
import type { ResponseTimes, StoredResponse } from './stored-response.ts';

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

export function ageMs(stored: StoredResponse, nowMs: number): number {
  return stored.initialAgeMs + nowMs - stored.receivedAtMs;
}

function dateMs(headers: Readonly<Headers>): number | undefined {
  const parsed = Date.parse(getHeader(headers, 'date') ?? '');
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** What the host, and then the caller, make of a stored answer's age (RFC 9111 §4.2.4, §5.2). */
export function mayUseUnasked(stored: StoredResponse, request: CacheControl, nowMs: number): boolean {
  if (request.has('no-cache') || stored.control.has('no-cache')) return false;
  const age = ageMs(stored, nowMs);
  const maxAge = secondsOf(request, 'max-age');
  if (maxAge !== undefined && age > maxAge * 1000) return false;
  const leftMs = stored.freshnessMs - age;
  if (leftMs > 0) return leftMs >= (secondsOf(request, 'min-fresh') ?? 0) * 1000;
  return mayBeStale(request, stored.control, -leftMs);
}

/** `max-stale` without a value takes any age; the host's word against stale answers beats it. */
function mayBeStale(request: CacheControl, answer: CacheControl, staleMs: number): boolean {
  const limit = request.get('max-stale');
  if (limit === undefined || request.has('min-fresh')) return false;
  // s-maxage means proxy-revalidate too (§5.2.2.10).
  if (answer.has('must-revalidate') || answer.has('proxy-revalidate') || answer.has('s-maxage')) return false;
  return limit === '' || staleMs <= (secondsOf(request, 'max-stale') ?? 0) * 1000;
}
