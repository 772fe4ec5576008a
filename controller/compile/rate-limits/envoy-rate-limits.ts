import {
  type GlobalRateLimit,
  JWT_METADATA,
  type LocalRateLimit,
  type RateLimit,
  type RateLimitAction,
  type TokenBucket,
} from '../../../istio/envoy/rate-limit-schema.ts';
import {
  type HeaderMatcher,
  type HeaderValueOption,
  type HttpStatus,
  type RuntimeFraction,
  type StringMatcher,
  secondsMs,
} from '../../../istio/envoy/scalars.ts';
import type {
  GlobalRateLimitSpec,
  LimiterPlace,
  LocalRateLimitSpec,
  RateActionSpec,
  RateSpec,
  TokenBucketSpec,
} from '../../../model/rate-limit.ts';
import type { HeaderMatchSpec, HeaderOpsSpec, StringMatchSpec } from '../../../model/route.ts';

/** Envoy's rate-limit messages, with Envoy's defaults, as the proxies of this mesh take them. */

/** @param cluster what `source_cluster` says: who this proxy is */
export interface LimiterContext {
  readonly name: string;
  readonly place: LimiterPlace;
  readonly cluster: string;
}

/** Envoy's default for values that are counted apart. */
const MAX_OPEN_VALUES = 20;
const GRPC_UNAVAILABLE = 14;
const GRPC_RESOURCE_EXHAUSTED = 8;

export function compileLocalRateLimit(config: LocalRateLimit, context: LimiterContext): LocalRateLimitSpec {
  return {
    kind: 'local',
    ...common(config, context),
    // Where nothing is said Envoy looks at no request.
    enabledPerMillion: perMillion(config.filter_enabled, 0),
    enforcedPerMillion: perMillion(config.filter_enforced, 0),
    status: refusalStatus(config.status),
    bucket: config.token_bucket === undefined ? null : tokenBucket(config.token_bucket),
    descriptors: (config.descriptors ?? []).map(({ entries = [], token_bucket: bucket = {} }) => ({
      entries: entries.map(({ key = '', value = '' }) => [key, value] as const),
      bucket: tokenBucket(bucket),
    })),
    alwaysTakesDefault: config.always_consume_default_token_bucket ?? true,
    takesAllOrNone: false,
    isPerConnection: config.local_rate_limit_per_downstream_connection ?? false,
    maxOpenValues: config.max_dynamic_descriptors ?? MAX_OPEN_VALUES,
    requestHeaders: headerOps(config.request_headers_to_add_when_not_enforced),
  };
}

/** Envoy's default for the service's answer. */
const TIMEOUT_MS = 20;

export function compileGlobalRateLimit(
  config: GlobalRateLimit,
  context: LimiterContext,
): GlobalRateLimitSpec {
  const grpc = config.rate_limit_service?.grpc_service;
  return {
    kind: 'global',
    ...common(config, context),
    enabledPerMillion: perMillion(config.filter_enabled, MILLION),
    enforcedPerMillion: perMillion(config.filter_enforced, MILLION),
    status: refusalStatus(config.rate_limited_status),
    cluster: grpc?.envoy_grpc?.cluster_name ?? '',
    authority: grpc?.envoy_grpc?.authority ?? '',
    domain: config.domain ?? '',
    timeoutMs: secondsMs(config.timeout) || secondsMs(grpc?.timeout) || TIMEOUT_MS,
    deniesOnError: config.failure_mode_deny ?? false,
    statusOnError: statusCode(config.status_on_error) || 500,
    hidesMark: config.disable_x_envoy_ratelimited_header ?? false,
  };
}

function common(config: LocalRateLimit | GlobalRateLimit, { name, place, cluster }: LimiterContext) {
  return {
    ...{ name, place },
    rates: compileRates(config.rate_limits ?? [], cluster),
    stage: config.stage ?? 0,
    grpcStatus:
      config.rate_limited_as_resource_exhausted === true ? GRPC_RESOURCE_EXHAUSTED : GRPC_UNAVAILABLE,
    responseHeaders: headerOps(config.response_headers_to_add),
    showsLimit: config.enable_x_ratelimit_headers === 'DRAFT_VERSION_03',
    statPrefix: config.stat_prefix ?? '',
  };
}

/** Rates with an action that is not known here make no descriptor, so they are left out. */
export function compileRates(rates: readonly RateLimit[], cluster: string): RateSpec[] {
  return rates.flatMap(({ stage = 0, actions = [] }) => {
    const compiled = actions.map((action) => compileAction(action, cluster));
    const known = compiled.filter((action) => action !== null);
    if (known.length === 0 || known.length < compiled.length) return [];
    return [{ stage, match: null, actions: known, limit: null }];
  });
}

const ifAbsent = (skips: boolean | undefined) => (skips === true ? 'skip' : 'no-descriptor');

/** Keys that are not said are Envoy's. */
function compileAction(action: RateLimitAction, cluster: string): RateActionSpec | null {
  const { request_headers: header, query_parameters: query, header_value_match: match } = action;
  if (header !== undefined) {
    const name = (header.header_name ?? '').toLowerCase();
    const key = header.descriptor_key ?? '';
    return { kind: 'header', key, name, ifAbsent: ifAbsent(header.skip_if_absent) };
  }
  if (query !== undefined) {
    const key = query.descriptor_key ?? '';
    const name = query.query_parameter_name ?? '';
    return { kind: 'query', key, name, ifAbsent: ifAbsent(query.skip_if_absent) };
  }
  if (match !== undefined) {
    return {
      kind: 'header-match',
      key: orDefault(match.descriptor_key, 'header_match'),
      value: match.descriptor_value ?? '',
      headers: (match.headers ?? []).map(headerMatch),
      expectsMatch: match.expect_match ?? true,
    };
  }
  if (action.source_cluster !== undefined) return { kind: 'constant', key: 'source_cluster', value: cluster };
  if (action.destination_cluster !== undefined)
    return { kind: 'destination-cluster', key: 'destination_cluster' };
  if (action.remote_address !== undefined)
    return { kind: 'remote-address', key: 'remote_address', network: null };
  return maskedAddress(action) ?? genericKey(action) ?? claim(action);
}

function maskedAddress({ masked_remote_address: mask }: RateLimitAction): RateActionSpec | null {
  if (mask === undefined) return null;
  const network = { ipv4Bits: mask.v4_prefix_mask_len ?? 32, ipv6Bits: mask.v6_prefix_mask_len ?? 128 };
  return { kind: 'remote-address', key: 'masked_remote_address', network };
}

function genericKey({ generic_key: generic }: RateLimitAction): RateActionSpec | null {
  if (generic === undefined) return null;
  const key = orDefault(generic.descriptor_key, 'generic_key');
  return { kind: 'constant', key, value: generic.descriptor_value ?? '' };
}

/** Claims stand in the metadata of Envoy's JWT filter, below the name that Istio gives the payload. */
function claim({ metadata }: RateLimitAction): RateActionSpec | null {
  const { key, path = [] } = metadata?.metadata_key ?? {};
  if (metadata === undefined || key !== JWT_METADATA || metadata.source === 'ROUTE_ENTRY') return null;
  const [, ...steps] = path.map((step) => step.key ?? '');
  if (steps.length === 0) return null;
  return {
    ...{ kind: 'claim', key: metadata.descriptor_key ?? '', steps, fallback: metadata.default_value ?? '' },
    ifAbsent: ifAbsent(metadata.skip_if_absent),
  };
}

const orDefault = (text: string | undefined, fallback: string) =>
  text === undefined || text === '' ? fallback : text;

function headerMatch(matcher: HeaderMatcher): HeaderMatchSpec {
  return {
    name: (matcher.name ?? '').toLowerCase(),
    match: valueMatch(matcher),
    // `present_match: false` asks for the header's absence.
    invert: (matcher.invert_match ?? false) !== (matcher.present_match === false),
    missingIsEmpty: matcher.treat_missing_header_as_empty ?? false,
  };
}

function valueMatch(matcher: HeaderMatcher): StringMatchSpec {
  const {
    exact_match: exact,
    prefix_match: prefix,
    suffix_match: suffix,
    contains_match: contains,
  } = matcher;
  if (matcher.string_match !== undefined) return stringMatch(matcher.string_match);
  if (exact !== undefined) return { kind: 'exact', value: exact };
  if (prefix !== undefined) return { kind: 'prefix', value: prefix };
  if (suffix !== undefined) return { kind: 'suffix', value: suffix };
  if (contains !== undefined) return containing(contains, '');
  if (matcher.safe_regex_match !== undefined)
    return { kind: 'regex', value: matcher.safe_regex_match.regex ?? '' };
  return { kind: 'present' };
}

function stringMatch(matcher: StringMatcher): StringMatchSpec {
  const { exact, prefix, suffix, contains, safe_regex: regex, ignore_case: ignoresCase = false } = matcher;
  const flags = ignoresCase ? '(?i)' : '';
  if (regex !== undefined) return { kind: 'regex', value: regex.regex ?? '' };
  if (contains !== undefined) return containing(contains, flags);
  if (!ignoresCase) {
    if (prefix !== undefined) return { kind: 'prefix', value: prefix };
    if (suffix !== undefined) return { kind: 'suffix', value: suffix };
    return { kind: 'exact', value: exact ?? '' };
  }
  if (prefix !== undefined) return { kind: 'regex', value: `${flags}${quoted(prefix)}.*` };
  if (suffix !== undefined) return { kind: 'regex', value: `${flags}.*${quoted(suffix)}` };
  return { kind: 'regex', value: `${flags}${quoted(exact ?? '')}` };
}

const containing = (text: string, flags: string): StringMatchSpec => ({
  kind: 'regex',
  value: `${flags}.*${quoted(text)}.*`,
});

const quoted = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

function tokenBucket({ max_tokens: most = 0, ...bucket }: TokenBucket): TokenBucketSpec {
  return {
    maxTokens: most,
    tokensPerFill: bucket.tokens_per_fill ?? 1,
    fillIntervalMs: secondsMs(bucket.fill_interval),
  };
}

const MILLION = 1_000_000;
const PARTS = { HUNDRED: 10_000, TEN_THOUSAND: 100, MILLION: 1 };

function perMillion(fraction: RuntimeFraction | undefined, fallback: number): number {
  if (fraction === undefined) return fallback;
  const { numerator = 0, denominator = 'HUNDRED' } = fraction.default_value ?? {};
  return Math.min(MILLION, numerator * PARTS[denominator]);
}

/** Anything below 400 is no refusal: Envoy then says 429. */
function refusalStatus(status: HttpStatus | undefined): number {
  const code = statusCode(status);
  return code < 400 ? 429 : code;
}

/** By number, or by Envoy's name of it. */
function statusCode(status: HttpStatus | undefined): number {
  const code = status?.code ?? 0;
  return typeof code === 'number' ? code : (STATUS_NAMES[code] ?? 0);
}

const STATUS_NAMES: Readonly<Record<string, number>> = {
  ...{ OK: 200, BadRequest: 400, Unauthorized: 401, PaymentRequired: 402, Forbidden: 403, NotFound: 404 },
  ...{ Conflict: 409, TooManyRequests: 429, InternalServerError: 500, BadGateway: 502 },
  ...{ ServiceUnavailable: 503, GatewayTimeout: 504 },
};

function headerOps(options: readonly HeaderValueOption[] | undefined): HeaderOpsSpec | null {
  if (options === undefined || options.length === 0) return null;
  const pairOf = ({ header }: HeaderValueOption) =>
    [(header?.key ?? '').toLowerCase(), header?.value ?? ''] as const;
  const [set, add] = [options.filter(overwrites), options.filter((option) => !overwrites(option))];
  return { remove: [], set: set.map(pairOf), add: add.map(pairOf) };
}

/** `append` is the older word for the same, and true where it is not said. */
function overwrites({ append, append_action: action }: HeaderValueOption): boolean {
  return action === undefined ? append === false : action.startsWith('OVERWRITE');
}
