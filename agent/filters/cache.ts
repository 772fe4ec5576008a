import { onlyIfCached } from '../exchange/failure.ts';
import type { Filter, FilteredExchange, FilterVerdict } from '../exchange/filter.ts';
import { mayBeUsedStale, mayUseUnasked, ttlMs } from '../policy/cache/freshness.ts';
import {
  hasValidator,
  isBypassed,
  isSafe,
  maySharePrivileged,
  requestControl,
} from '../policy/cache/storable.ts';
import type { StoredHead, StoredResponse } from '../policy/cache/stored-response.ts';
import { askIfChanged } from '../policy/cache/validation.ts';
import { selectResponse } from '../policy/cache/vary.ts';
import { getHeader } from '../policy/headers.ts';
import { cachedResponse } from './cache-reply.ts';
import type { CacheResult } from './cache-stores.ts';
import {
  type CacheFilterDeps,
  type CacheLookup,
  type CacheRequest,
  createInvalidation,
  createRecorder,
  type ForwardReason,
  NO_DIRECTIVES,
} from './cache-taps.ts';

/**
 * A shared cache (RFC 9111) where the route says so: behind the filters that judge, so that a caller is let in, delayed and marked
 * for CORS before anything is answered from the store. Of misses at the same time one goes to the host.
 */
export function createCacheFilter({ clock, stores }: CacheFilterDeps): Filter {
  return {
    name: 'cache',
    onRequest(exchange) {
      const { cache: spec } = exchange.route.spec;
      if (spec === null || exchange.destinationName === '') return 'continue';
      const store = stores.of(spec);
      const { request } = exchange;
      const uri = `${exchange.scheme}://${request.authority.toLowerCase()}${request.path}`;
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        if (!isSafe(request.method)) exchange.tap = createInvalidation(store, uri);
        stores.counts.bypass += 1;
        return 'continue';
      }
      const control = requestControl(request.headers);
      if (isBypassed(request, exchange.hasBody, control)) {
        stores.counts.bypass += 1;
        return 'continue';
      }
      return look(exchange, { clock, stores, spec, store, uri, control }, null);
    },
  };
}

/** How long a request waits for another one's answer before it goes itself (nginx's `proxy_cache_lock_timeout`). */
const LONGEST_WAIT_MS = 5000;

/** `waitedFor`: why it was not answered when it came, and waited for another's answer; null = it has just come. */
function look(
  exchange: FilteredExchange,
  lookup: CacheLookup,
  waitedFor: ForwardReason | null,
): FilterVerdict {
  const { store, stores, spec, uri, control, clock } = lookup;
  const { headers, method } = exchange.request;
  const scope = `${spec.rule} ${exchange.destinationName}`;
  const isAuthorized = getHeader(headers, 'authorization') !== undefined;
  const found = selectResponse(store.candidates(uri), scope, headers);
  const isForCaller = found !== undefined && (!isAuthorized || maySharePrivileged(found.control));
  const stored = isForCaller ? store.load(found) : undefined;
  const nowMs = clock.now();
  if (stored !== undefined && mayUseUnasked(stored, control, nowMs)) {
    if (waitedFor === null) give(exchange, lookup, stored, 'hit', 'hit');
    else give(exchange, lookup, stored, 'collapsed', `fwd=${waitedFor}; collapsed`);
    return 'stop';
  }
  if (control.has('only-if-cached')) {
    stores.counts.miss += 1;
    exchange.sendLocalReply(onlyIfCached());
    return 'stop';
  }
  const request: CacheRequest = {
    ...{ ...lookup, scope, isAuthorized, method, received: [...headers], stale: stored ?? null },
    asked: stored !== undefined && hasValidator(stored.headers) ? stored : null,
    why: forwardReason(found, store.candidates(uri).length > 0, nowMs),
  };
  if (stored !== undefined && mayBeUsedStale(stored, control, nowMs, 'stale-while-revalidate')) {
    giveStale(exchange, request, stored);
    return 'stop';
  }
  return waitedFor === null && isSharing(request) ? goOrWait(exchange, request) : go(exchange, request, '');
}

/** Who is known, and who has wishes of its own, does not wait for what was answered to somebody else. */
function isSharing({ control, isAuthorized, stores, scope, uri }: CacheRequest): boolean {
  return control.size === 0 && !isAuthorized && !stores.flights.isUnshared(flightKey({ scope, uri }));
}

const flightKey = ({ scope, uri }: Pick<CacheRequest, 'scope' | 'uri'>) => `${scope} ${uri}`;

function give(
  exchange: FilteredExchange,
  { store, stores, clock }: CacheLookup,
  stored: StoredResponse,
  result: CacheResult,
  status: string,
): void {
  store.touch(stored);
  stores.counts[result] += 1;
  exchange.sendWhole(cachedResponse(stored, exchange.request.headers, clock.now(), status), FROM_CACHE);
}

/** The caller is answered at once, and the host is asked behind its back, by one request at a time (RFC 5861 §3). */
function giveStale(exchange: FilteredExchange, request: CacheRequest, stored: StoredResponse): void {
  const { stores, clock, method, isAuthorized, asked } = request;
  const key = flightKey(request);
  const isAsking = method === 'GET' && !isAuthorized && stores.flights.lead(key);
  const leftSeconds = Math.floor(ttlMs(stored, clock.now()) / 1000);
  give(exchange, request, stored, 'stale', `hit; ttl=${leftSeconds}`);
  if (!isAsking) return;
  if (asked !== null) askIfChanged(exchange.request.headers, asked);
  exchange.sendInBackground(createRecorder({ ...request, flight: key, counts: { ...stores.counts } }));
}

function goOrWait(exchange: FilteredExchange, request: CacheRequest): FilterVerdict {
  const { flights } = request.stores;
  const key = flightKey(request);
  if (request.method === 'GET' && flights.lead(key)) return go(exchange, request, key);
  if (!flights.isUnderWay(key)) return go(exchange, request, '');
  let isWaiting = true;
  const goOn = () => {
    if (!isWaiting || exchange.isOver) return;
    isWaiting = false;
    if (look(exchange, request, request.why) === 'continue') exchange.resumeFilters();
  };
  flights.join(key, goOn);
  exchange.after(LONGEST_WAIT_MS, goOn);
  return 'wait';
}

function go(exchange: FilteredExchange, request: CacheRequest, flight: string): FilterVerdict {
  if (request.asked !== null) askIfChanged(exchange.request.headers, request.asked);
  exchange.tap = createRecorder({ ...request, flight, counts: request.stores.counts });
  return 'continue';
}

/** Envoy's word in `%RESPONSE_CODE_DETAILS%`. */
const FROM_CACHE = 'cache.response_from_cache_filter';

function forwardReason(found: StoredHead | undefined, hasOthers: boolean, nowMs: number): ForwardReason {
  if (found === undefined) return hasOthers ? 'vary-miss' : 'uri-miss';
  return mayUseUnasked(found, NO_DIRECTIVES, nowMs) ? 'request' : 'stale';
}
