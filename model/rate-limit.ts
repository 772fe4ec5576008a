import type { AuthorizationRuleSpec } from './authorization.ts';
import type { HeaderMatchSpec, HeaderOpsSpec } from './route.ts';

/**
 * How often requests may come: what rate-limit patches of EnvoyFilters and RateLimits become. The words are those of
 * Envoy's filters `envoy.filters.http.local_ratelimit` and `envoy.filters.http.ratelimit`.
 */

/** What limits the requests of one route config. */
export interface RateLimitsSpec {
  /** That of the route config. */
  readonly name: string;
  /** In the order in which they are asked. */
  readonly limiters: readonly RateLimiterSpec[];
  readonly routes: readonly RouteRateLimitsSpec[];
}

/** What one route adds: descriptors for the limiters, and a local limiter in place of the filter's own. */
export interface RouteRateLimitsSpec {
  /** Name of its virtual host, and its place there. */
  readonly host: string;
  readonly route: number;
  readonly rates: readonly RateSpec[];
  /** null = the filter's own. */
  readonly local: LocalRateLimitSpec | null;
}

export type RateLimiterSpec = LocalRateLimitSpec | GlobalRateLimitSpec;

/**
 * Where in the order of filters: before all others; behind those that decide who may call, for requests without a
 * route too; before the router.
 */
export type LimiterPlace = 'first' | 'guard' | 'last';

/** What both kinds have. */
interface LimiterSpec {
  /** Unique among the limiters of a proxy; what is counted is kept under it. */
  readonly name: string;
  readonly place: LimiterPlace;
  /** Descriptors are made of these; empty = of those of the route. */
  readonly rates: readonly RateSpec[];
  /** Only rates of this stage. */
  readonly stage: number;
  /** So many requests of a million are looked at, and refused where they are too many. */
  readonly enabledPerMillion: number;
  readonly enforcedPerMillion: number;
  /** Of an answer that refuses. */
  readonly status: number;
  readonly grpcStatus: number;
  readonly responseHeaders: HeaderOpsSpec | null;
  /** Every answer says by `x-ratelimit-…` how much is left (draft 03). */
  readonly showsLimit: boolean;
  /** Part of the names of metrics; '' = none. */
  readonly statPrefix: string;
}

/** Counted in the proxy alone. */
export interface LocalRateLimitSpec extends LimiterSpec {
  readonly kind: 'local';
  /** Of all requests; null = only descriptors have one. */
  readonly bucket: TokenBucketSpec | null;
  readonly descriptors: readonly LocalDescriptorSpec[];
  /** A request that has a descriptor's bucket takes of `bucket` too. */
  readonly alwaysTakesDefault: boolean;
  /** A request that one bucket refuses takes of no other; Envoy's takes of those that it asked before. */
  readonly takesAllOrNone: boolean;
  /** Each connection has buckets of its own. */
  readonly isPerConnection: boolean;
  /** Most values that are counted apart for one descriptor with open values. */
  readonly maxOpenValues: number;
  /** For requests that would have been refused, but are not (`enforcedPerMillion`). */
  readonly requestHeaders: HeaderOpsSpec | null;
}

/** Tokens come evenly over time, `tokensPerFill` in `fillIntervalMs`, up to `maxTokens`. */
export interface TokenBucketSpec {
  readonly maxTokens: number;
  readonly tokensPerFill: number;
  readonly fillIntervalMs: number;
}

export interface LocalDescriptorSpec {
  /** A value of '' is open: each value that comes has a bucket of its own. */
  readonly entries: readonly (readonly [key: string, value: string])[];
  readonly bucket: TokenBucketSpec;
}

/** Counted by a service that is asked for each request (envoy/service/ratelimit/v3/rls.proto). */
export interface GlobalRateLimitSpec extends LimiterSpec {
  readonly kind: 'global';
  readonly cluster: string;
  /** '' = the service's host. */
  readonly authority: string;
  readonly domain: string;
  readonly timeoutMs: number;
  /** Requests are refused where the service does not answer. */
  readonly deniesOnError: boolean;
  readonly statusOnError: number;
  /** `x-envoy-ratelimited` is left out. */
  readonly hidesMark: boolean;
}

/** One of Envoy's `rate_limits`: what makes a descriptor out of a request. */
export interface RateSpec {
  readonly stage: number;
  /** RateLimit's own: no descriptor for other requests; null = for all. */
  readonly match: AuthorizationRuleSpec | null;
  readonly actions: readonly RateActionSpec[];
  /** Told to the service with the descriptor, in place of what it knows itself; null = nothing is told. */
  readonly limit: WindowSpec | null;
}

export type RateUnit = 'SECOND' | 'MINUTE' | 'HOUR' | 'DAY' | 'MONTH' | 'YEAR';

export interface WindowSpec {
  readonly requests: number;
  readonly unit: RateUnit;
}

/** What adds an entry to a descriptor. Where it finds nothing there is no descriptor, unless it says otherwise. */
export type RateActionSpec =
  | { readonly kind: 'constant'; readonly key: string; readonly value: string }
  | { readonly kind: 'header'; readonly key: string; readonly name: string; readonly ifAbsent: IfAbsent }
  | { readonly kind: 'query'; readonly key: string; readonly name: string; readonly ifAbsent: IfAbsent }
  | {
      readonly kind: 'header-match';
      readonly key: string;
      readonly value: string;
      readonly headers: readonly HeaderMatchSpec[];
      /** false = a descriptor for those that do not match. */
      readonly expectsMatch: boolean;
    }
  /** Bits: 32 and 128 = the address itself, else its network. */
  | {
      readonly kind: 'remote-address';
      readonly key: string;
      readonly network: { readonly ipv4Bits: number; readonly ipv6Bits: number } | null;
    }
  | { readonly kind: 'destination-cluster'; readonly key: string }
  | {
      readonly kind: 'claim';
      readonly key: string;
      readonly steps: readonly string[];
      /** '' = none. */
      readonly fallback: string;
      readonly ifAbsent: IfAbsent;
    }
  | { readonly kind: 'caller'; readonly key: string; readonly attribute: CallerAttribute };

/** `no-descriptor` is Envoy's default, `skip` its `skip_if_absent`; `empty` counts those that lack it together. */
export type IfAbsent = 'no-descriptor' | 'skip' | 'empty';

export type CallerAttribute =
  | 'source.principal'
  | 'source.namespace'
  | 'source.serviceAccount'
  | 'source.ip'
  | 'request.auth.principal'
  | 'request.host'
  | 'request.method';
