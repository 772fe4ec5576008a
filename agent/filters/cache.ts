import { onlyIfCached } from '../exchange/failure.ts';
import type { Filter, FilteredExchange, FilterVerdict } from '../exchange/filter.ts';
import type { CacheControl } from '../policy/cache/cache-control.ts';
import { mayUseUnasked } from '../policy/cache/freshness.ts';
import {
  hasValidator,
  isBypassed,
  isSafe,
  maySharePrivileged,
  requestControl,
} from '../policy/cache/storable.ts';
import type { StoredResponse } from '../policy/cache/stored-response.ts';
import { askIfChanged } from '../policy/cache/validation.ts';
import { selectResponse } from '../policy/cache/vary.ts';
import { getHeader } from '../policy/headers.ts';
import { cachedResponse } from './cache-reply.ts';
import {
  type CacheFilterDeps,
  type CacheLookup,
  createInvalidation,
  createRecorder,
  type ForwardReason,
} from './cache-taps.ts';

/**
 * A shared cache (RFC 9111) where the route says so: the last filter, so that a caller is let in, delayed and marked
 * for CORS before anything is answered from the store. Concurrent misses all go to the host.
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
      return look(exchange, { clock, stores, spec, store, uri, control });
    },
  };
}

function look(exchange: FilteredExchange, lookup: CacheLookup): FilterVerdict {
  const { store, stores, spec, uri, control, clock } = lookup;
  const { request } = exchange;
  const scope = `${spec.rule} ${exchange.destinationName}`;
  const isAuthorized = getHeader(request.headers, 'authorization') !== undefined;
  const found = selectResponse(store.candidates(uri), scope, request.headers);
  const stored =
    found !== undefined && isAuthorized && !maySharePrivileged(found.control) ? undefined : found;
  if (stored !== undefined && mayUseUnasked(stored, control, clock.now())) {
    store.touch(stored);
    stores.counts.hit += 1;
    exchange.addFlag('RFCF');
    exchange.sendWhole(cachedResponse(stored, request.headers, clock.now(), 'hit'), FROM_CACHE);
    return 'stop';
  }
  if (control.has('only-if-cached')) {
    stores.counts.miss += 1;
    exchange.sendLocalReply(onlyIfCached());
    return 'stop';
  }
  const asked = stored !== undefined && hasValidator(stored.headers) ? stored : null;
  const why = forwardReason(found, store.candidates(uri).length > 0, clock.now());
  const received = [...request.headers];
  if (asked !== null) askIfChanged(request.headers, asked);
  exchange.tap = createRecorder({
    ...lookup,
    scope,
    isAuthorized,
    received,
    asked,
    why,
    method: request.method,
  });
  return 'continue';
}

/** Envoy's word in `%RESPONSE_CODE_DETAILS%`. */
const FROM_CACHE = 'cache.response_from_cache_filter';

function forwardReason(found: StoredResponse | undefined, hasOthers: boolean, nowMs: number): ForwardReason {
  if (found === undefined) return hasOthers ? 'vary-miss' : 'uri-miss';
  return mayUseUnasked(found, NO_DIRECTIVES, nowMs) ? 'request' : 'stale';
}

const NO_DIRECTIVES: CacheControl = new Map();
