import type { LimiterPlace, RateLimiterSpec, RateLimitsSpec } from '../../model/rate-limit.ts';
import type { RouteConfigSpec, RouteSpec } from '../../model/route.ts';
import type { Filter } from '../exchange/filter.ts';
import type { RouteEntry } from '../exchange/route-entry.ts';
import { createDescriptors, type Descriptors } from '../policy/rate-limit/descriptors.ts';
import { createGlobalRateLimitFilter } from './global-rate-limit.ts';
import { createLimit, createLocalRateLimitFilter, type Limit, LOCAL_RATE_LIMIT } from './local-rate-limit.ts';
import type { RateLimitFilterDeps } from './rate-limit-state.ts';

/** By their place in the order of filters. */
export type RateLimitFilters = Readonly<Record<LimiterPlace, readonly Filter[]>>;

/** @param config the route config that the limits are of */
export function createRateLimitFilters(
  { limiters, routes }: RateLimitsSpec,
  config: RouteConfigSpec,
  deps: RateLimitFilterDeps,
): RateLimitFilters {
  const specs = new Map<RouteSpec, RateLimitsSpec['routes'][number]>();
  for (const each of routes) {
    const host = config.virtualHosts.find(({ name }) => name === each.host);
    const route = host?.routes[each.route];
    if (route !== undefined) specs.set(route, each);
  }
  const create = (spec: RateLimiterSpec): Filter => {
    const describers = new Map<RouteSpec, Descriptors | null>();
    for (const [route, { rates }] of specs) describers.set(route, createDescriptors(rates, spec.stage));
    if (spec.kind === 'global') return createGlobalRateLimitFilter(spec, describers, deps);
    const limits = new Map<RouteSpec, Limit>();
    // A RateLimit stands for itself: what patches say of routes is not for it.
    if (spec.place !== 'guard') {
      for (const [route, { local, rates }] of specs) {
        const used = local ?? spec;
        limits.set(route, createLimit(used, createDescriptors(rates, used.stage), deps));
      }
    }
    return createLocalRateLimitFilter(spec, limits, deps);
  };
  const at = (place: LimiterPlace) => limiters.filter((each) => each.place === place).map(create);
  const last = at('last');
  const routeless = last.filter(({ name }) => name === LOCAL_RATE_LIMIT).map(forRequestsWithoutRoute);
  return { first: at('first'), guard: [...at('guard'), ...routeless], last };
}

/** Those never get as far as to the last filters; Envoy's local filter counts them all the same. */
function forRequestsWithoutRoute({ name, onRequest }: Filter): Filter {
  return {
    name,
    onRequest: (exchange) =>
      (exchange.route as RouteEntry | null) === null ? onRequest(exchange) : 'continue',
  };
}
