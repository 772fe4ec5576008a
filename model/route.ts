/** Compiled VirtualServices. Envoy's route model, reduced to what Istio writes into it. */

export interface RouteConfigSpec {
  /** `9080` (all HTTP services on that port), `fqdn:port`, `http.8080` at a gateway, `inbound|9080||`. */
  readonly name: string;
  /** In order; a host is found exact first, then by the longest wildcard, whatever the order. */
  readonly virtualHosts: readonly VirtualHostSpec[];
  /** Calls of gRPC-Web are turned into gRPC: the port is declared so; absent = they are passed on. */
  readonly isGrpcWeb?: true;
}

export interface VirtualHostSpec {
  /** `reviews.default.svc.cluster.local:9080`, `allow_any`, `block_all`. */
  readonly name: string;
  /** Lower-case, without port unless the port must match: `host`, `*.suffix`, `*`. Unique in a route config. */
  readonly domains: readonly string[];
  readonly routes: readonly RouteSpec[];
}

export interface RouteSpec {
  /** `%ROUTE_NAME%`; '' = none. Istio's default routes are called `default`. */
  readonly name: string;
  readonly match: RouteMatchSpec;
  readonly action: RouteActionSpec | RedirectActionSpec | DirectResponseActionSpec;
  readonly requestHeaders: HeaderOpsSpec | null;
  readonly responseHeaders: HeaderOpsSpec | null;
  readonly fault: FaultSpec | null;
  readonly cors: CorsSpec | null;
  /** null = nothing is kept. */
  readonly cache: CacheSpec | null;
  /** `x-envoy-decorator-operation`, e.g. `reviews.default.svc.cluster.local:9080/*`; '' = none. */
  readonly decorator: string;
  /**
   * What made it (model/rule-id.ts): `VirtualService/default/reviews#http[1]`; '' = no document did. Shown to users,
   * never used to decide. Without file and line, so that text which only moves changes no snapshot.
   */
  readonly rule: string;
}

/** All conditions hold together. Pseudo headers `:method`, `:authority`, `:scheme` are headers here. */
export interface RouteMatchSpec {
  /** On the normalised path without query; null = any. */
  readonly path: PathMatchSpec | null;
  readonly headers: readonly HeaderMatchSpec[];
  readonly queryParams: readonly QueryParamMatchSpec[];
}

export interface PathMatchSpec {
  readonly kind: 'exact' | 'prefix' | 'regex';
  readonly value: string;
  /** Acts on exact and prefix only, as in Istio (`ignoreUriCase`). */
  readonly ignoreCase: boolean;
}

export type StringMatchSpec =
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'regex'; readonly value: string }
  | { readonly kind: 'present' };

export interface HeaderMatchSpec {
  /** Lower-case. */
  readonly name: string;
  readonly match: StringMatchSpec;
  /** `withoutHeaders`: the condition holds if no line of the header matches. */
  readonly invert: boolean;
  /** With `invert`: an absent header is compared as '' (Envoy's treat_missing_header_as_empty). */
  readonly missingIsEmpty: boolean;
}

export interface QueryParamMatchSpec {
  readonly name: string;
  readonly match: StringMatchSpec;
}

export interface RouteActionSpec {
  readonly kind: 'route';
  /** Weights are proportions of their sum; never empty. */
  readonly clusters: readonly WeightedClusterSpec[];
  /** Whole request with all retries; 0 = none. */
  readonly timeoutMs: number;
  readonly retry: RetrySpec | null;
  readonly rewrite: RewriteSpec | null;
  readonly mirrors: readonly MirrorSpec[];
  /** Consistent-hash policies of the destinations, in order. */
  readonly hash: readonly HashPolicySpec[];
  /** For tests: the clusters have exactly their shares; absent = by chance. */
  readonly exact?: ExactWeightsSpec;
}

/** Where the split stands is kept by the counter's name. */
export interface ExactWeightsSpec {
  readonly counter: string;
  /** Decides about the order; null = spread as evenly as can be. */
  readonly seed: number | null;
}

export interface WeightedClusterSpec {
  readonly name: string;
  readonly weight: number;
  readonly requestHeaders: HeaderOpsSpec | null;
  readonly responseHeaders: HeaderOpsSpec | null;
  /** Host rewrite of this destination (`headers.request.set.host`); the route's own rewrite beats it. */
  readonly authority: string | null;
}

export interface RewriteSpec {
  /** `prefix` replaces the matched prefix, `full` the whole path, `regex` every match. */
  readonly path:
    | { readonly kind: 'prefix'; readonly value: string }
    | { readonly kind: 'full'; readonly value: string }
    | { readonly kind: 'regex'; readonly pattern: string; readonly substitution: string }
    | null;
  readonly authority: string | null;
}

export interface RetrySpec {
  /** Retries after the first attempt. */
  readonly attempts: number;
  /** Envoy's words, e.g. `connect-failure`, `5xx`. */
  readonly retryOn: readonly string[];
  /** With the word `retriable-status-codes`. */
  readonly statusCodes: readonly number[];
  /** 0 = the route's timeout. */
  readonly perTryTimeoutMs: number;
  /** Base of the jittered exponential back-off; its maximum is 10 times this. */
  readonly backoffMs: number;
  /** Selections tried to find a host that was not tried yet; 0 = may repeat. */
  readonly hostSelectionAttempts: number;
  /** Every second failed attempt leaves the priorities that were tried. */
  readonly leavesTriedPriorities: boolean;
}

/** Percentages are counts out of 1,000,000, as Istio rounds them. */
export interface FaultSpec {
  readonly delay: { readonly fixedMs: number; readonly perMillion: number } | null;
  readonly abort: {
    readonly status: number;
    readonly grpcStatus: number | null;
    readonly perMillion: number;
  } | null;
  /** For tests: it is done to these requests, whatever the percentages; absent = by chance. */
  readonly requests?: RequestsSpec;
}

/** Some of the requests that a proxy meets, counted from 1 by the counter's name. */
export interface RequestsSpec {
  readonly counter: string;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

export interface MirrorSpec {
  readonly cluster: string;
  readonly perMillion: number;
}

export interface HashPolicySpec {
  readonly kind: 'header' | 'cookie' | 'source-ip' | 'query';
  /** '' for source-ip. */
  readonly name: string;
  /** A cookie that is made where the caller sends none; null = none is made. */
  readonly cookie: GeneratedCookieSpec | null;
}

export interface GeneratedCookieSpec {
  /** 0 = until the browser is closed. */
  readonly ttlMs: number;
  readonly path: string;
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

export interface CorsSpec {
  readonly allowOrigins: readonly StringMatchSpec[];
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  /** Seconds as text; '' = not sent. */
  readonly maxAge: string;
  readonly allowCredentials: boolean;
  readonly forwardUnmatchedPreflights: boolean;
}

/** Answers are kept by the proxy (RFC 9111); routes of one document share a store. Not Istio's. */
export interface CacheSpec {
  /** The store: `VirtualService/default/reviews`, `ServiceEntry/default/api`. */
  readonly store: string;
  /** Which of its rules and matches this is: they answer one URI in different ways. */
  readonly rule: string;
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
  /** In a file of the proxy's container, else in memory. */
  readonly isOnDisk: boolean;
}

/** Applied in the order remove, set, add; names are lower-case, values may hold Envoy's formatters. */
export interface HeaderOpsSpec {
  readonly remove: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly (readonly [name: string, value: string])[];
}

export interface RedirectActionSpec {
  readonly kind: 'redirect';
  readonly status: number;
  /** null = unchanged. */
  readonly scheme: string | null;
  readonly authority: string | null;
  readonly port: number | null;
  /** A port in Host stays even if it is the default of the scheme that is left (Envoy's `require_tls`). */
  readonly keepsPort: boolean;
  readonly path:
    | { readonly kind: 'full'; readonly value: string }
    | { readonly kind: 'prefix'; readonly value: string }
    | null;
}

export interface DirectResponseActionSpec {
  readonly kind: 'direct';
  readonly status: number;
  /** base64; '' = empty. */
  readonly bodyBase64: string;
}
