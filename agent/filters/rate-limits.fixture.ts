import type {
  GlobalRateLimitSpec,
  LocalRateLimitSpec,
  RateActionSpec,
  RateLimiterSpec,
  RateLimitsSpec,
  RateSpec,
} from '../../model/rate-limit.ts';

/** Rate limits for tests of the data path: on the route config of snapshot.fixture.ts. */

const MILLION = 1_000_000;
const COMMON = {
  place: 'guard',
  ...{ rates: [], stage: 0, enabledPerMillion: MILLION, enforcedPerMillion: MILLION, status: 429 },
  ...{ grpcStatus: 14, responseHeaders: null, showsLimit: false, statPrefix: '' },
} as const;

export function localLimit(change: Partial<LocalRateLimitSpec> = {}): LocalRateLimitSpec {
  return {
    ...COMMON,
    ...{ kind: 'local', name: 'local', bucket: null, descriptors: [], alwaysTakesDefault: true },
    ...{ takesAllOrNone: false, isPerConnection: false, maxOpenValues: 20, requestHeaders: null },
    statPrefix: 'http_local_rate_limiter',
    ...change,
  };
}

export function globalLimit(change: Partial<GlobalRateLimitSpec> = {}): GlobalRateLimitSpec {
  return {
    ...COMMON,
    ...{ kind: 'global', name: 'global', cluster: 'counter', authority: '', domain: 'shop', timeoutMs: 20 },
    ...{ deniesOnError: false, statusOnError: 500, hidesMark: false },
    ...change,
  };
}

/** So many tokens a minute. */
export const perMinute = (maxTokens: number) => ({
  maxTokens,
  tokensPerFill: maxTokens,
  fillIntervalMs: 60_000,
});

export function rateOf(...actions: RateActionSpec[]): RateSpec {
  return { stage: 0, match: null, actions, limit: null };
}

export function limitsOf(
  limiters: readonly RateLimiterSpec[],
  routes: RateLimitsSpec['routes'] = [],
): RateLimitsSpec {
  return { name: '9080', limiters, routes };
}
