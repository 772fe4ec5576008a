import type { LocalRateLimitSpec } from '../../model/rate-limit.ts';
import type { RouteSpec } from '../../model/route.ts';
import type { Headers } from '../codec/head.ts';
import { rateLimited } from '../exchange/failure.ts';
import type { Filter, FilteredExchange } from '../exchange/filter.ts';
import type { RouteEntry } from '../exchange/route-entry.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { applyHeaderOps, createHeaderOps, type HeaderOps } from '../policy/header-ops.ts';
import { createDescriptors, type Descriptor, type Descriptors } from '../policy/rate-limit/descriptors.ts';
import { limitOfBucket, setLimitHeaders } from '../policy/rate-limit/limit-headers.ts';
import { LocalLimiter } from '../policy/rate-limit/local-limiter.ts';
import type { TokenBucket } from '../policy/rate-limit/token-bucket.ts';
import type { LocalCounts, RateLimitFilterDeps } from './rate-limit-state.ts';
import { ExchangeRateSubject } from './rate-subject.ts';

/** Envoy's `envoy.filters.http.local_ratelimit`: counted in this proxy alone, decided at once. */
export function createLocalRateLimitFilter(
  spec: LocalRateLimitSpec,
  routes: LocalRoutes,
  deps: RateLimitFilterDeps,
): Filter {
  const { clock, random, isGateway } = deps;
  const own = createLimit(spec, null, deps);
  /** Only of exchanges whose answer tells the limit. */
  const told = new Map<FilteredExchange, TokenBucket>();
  return {
    name: LOCAL_RATE_LIMIT,
    onRequest(exchange) {
      const route = exchange.route as RouteEntry | null;
      const limit = (route === null ? undefined : routes.get(route.spec)) ?? own;
      if (!happens(limit.spec.enabledPerMillion, random)) return 'continue';
      limit.counts.enabled += 1;
      const now = clock.now();
      const decision = limit.of(exchange.peer).decide(limit.describe(exchange, isGateway), now);
      if (limit.spec.showsLimit && decision.bucket !== null) told.set(exchange, decision.bucket);
      if (decision.isAllowed) {
        limit.counts.ok += 1;
        return 'continue';
      }
      limit.counts.rate_limited += 1;
      if (!happens(limit.spec.enforcedPerMillion, random)) {
        if (limit.requestOps !== null) applyHeaderOps(limit.requestOps, exchange.request.headers, exchange);
        return 'continue';
      }
      limit.counts.enforced += 1;
      const headers: Headers = ['x-envoy-ratelimited', 'true'];
      if (limit.responseOps !== null) applyHeaderOps(limit.responseOps, headers, exchange);
      const { status, grpcStatus } = limit.spec;
      exchange.sendLocalReply(rateLimited(status, grpcStatus, 'local_rate_limited', LIMITED_BODY, headers));
      return 'stop';
    },
    onResponse(exchange, head) {
      const bucket = told.get(exchange);
      if (bucket !== undefined) setLimitHeaders(head.headers, limitOfBucket(bucket, clock.now()));
    },
    onEnd(exchange) {
      told.delete(exchange);
    },
  };
}

export const LOCAL_RATE_LIMIT = 'local-rate-limit';
const LIMITED_BODY = 'local_rate_limited';

/** Limits of routes in place of the filter's own, and the filter's own with the descriptors of a route. */
export type LocalRoutes = ReadonlyMap<RouteSpec, Limit>;

export interface Limit {
  readonly spec: LocalRateLimitSpec;
  readonly counts: LocalCounts;
  readonly requestOps: HeaderOps | null;
  readonly responseOps: HeaderOps | null;
  of(peer: DownstreamPeer): LocalLimiter;
  describe(exchange: FilteredExchange, isGateway: boolean): readonly Descriptor[];
}

const NO_DESCRIPTORS: readonly Descriptor[] = [];

/** @param ofRoute what the route's `rate_limits` make; the filter's own have precedence */
export function createLimit(
  spec: LocalRateLimitSpec,
  ofRoute: Descriptors | null,
  { state, clock }: Pick<RateLimitFilterDeps, 'state' | 'clock'>,
): Limit {
  const describe = spec.rates.length > 0 ? createDescriptors(spec.rates, spec.stage) : ofRoute;
  const shared = spec.isPerConnection ? null : state.limiterOf(spec, clock.now());
  const perConnection = new WeakMap<DownstreamPeer, LocalLimiter>();
  return {
    spec,
    counts: state.localCounts(spec.statPrefix),
    requestOps: createHeaderOps([spec.requestHeaders]),
    responseOps: createHeaderOps([spec.responseHeaders]),
    of(peer) {
      if (shared !== null) return shared;
      const known = perConnection.get(peer) ?? new LocalLimiter(spec, clock.now());
      perConnection.set(peer, known);
      return known;
    },
    describe: (exchange, isGateway) =>
      describe === null ? NO_DESCRIPTORS : describe(new ExchangeRateSubject(exchange, isGateway)),
  };
}

const MILLION = 1_000_000;

/** So many times of a million. */
export function happens(perMillion: number, random: () => number): boolean {
  return perMillion >= MILLION || (perMillion > 0 && random() * MILLION < perMillion);
}
