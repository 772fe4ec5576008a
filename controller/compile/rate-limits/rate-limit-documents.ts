import { resolveShortName } from '../../../istio/host.ts';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { readRateLimitKey } from '../../../istio/rate-limit-keys.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { RateLimitDocument, RateLimitRule } from '../../../istio/schema/rate-limit.ts';
import { BUILT_IN_RATE_LIMIT_CLUSTER, outboundClusterName } from '../../../model/names.ts';
import type {
  GlobalRateLimitSpec,
  LocalRateLimitSpec,
  RateActionSpec,
  RateLimiterSpec,
  RateSpec,
  RateUnit,
} from '../../../model/rate-limit.ts';
import { milliseconds } from '../routes/http-policies.ts';
import { compileRule } from '../security/authorization.ts';

/**
 * Our own RateLimit in the terms of Envoy's filters: each rule is a descriptor that begins with the rule's own name, and
 * goes on with what it counts apart.
 */
export function compileRateLimitDocument(
  document: Resource<RateLimitDocument>,
  mesh: MeshConfig,
): RateLimiterSpec {
  const { spec } = document;
  return spec.mode === 'GLOBAL' ? compileGlobal(document, mesh) : compileLocal(document, mesh);
}

const MILLION = 1_000_000;
const COMMON = {
  place: 'guard',
  ...{ stage: 0, enabledPerMillion: MILLION, enforcedPerMillion: MILLION, status: 429 },
  // RESOURCE_EXHAUSTED, as gRPC's own documents have it for quotas.
  ...{ grpcStatus: 8, responseHeaders: null, showsLimit: true },
} as const;

/** Callers that cannot be told apart any more begin anew; each takes about 200 bytes. */
const MAX_OPEN_VALUES = 10_000;
/** As in Envoy's examples, so that dashboards find it. */
const STAT_PREFIX = 'http_local_rate_limiter';

function compileLocal(document: Resource<RateLimitDocument>, mesh: MeshConfig): LocalRateLimitSpec {
  const rules = document.spec.rules ?? [];
  return {
    kind: 'local',
    ...COMMON,
    name: nameOf(document),
    statPrefix: STAT_PREFIX,
    rates: rules.map((rule, index) => compileRate(document, rule, index, mesh, false)),
    bucket: null,
    descriptors: rules.map((rule, index) => ({
      entries: [[RULE_KEY, ruleName(document, index)], ...(rule.per ?? []).map((key) => [key, ''] as const)],
      bucket: bucketOf(rule),
    })),
    alwaysTakesDefault: true,
    takesAllOrNone: true,
    isPerConnection: false,
    maxOpenValues: MAX_OPEN_VALUES,
    requestHeaders: null,
  };
}

/** Long enough for a busy controller; one that is not there is told of at once. */
const TIMEOUT_MS = 1000;
const OWN_DOMAIN = 'lateen';

function compileGlobal(document: Resource<RateLimitDocument>, mesh: MeshConfig): GlobalRateLimitSpec {
  const { rules = [], provider = {} } = document.spec;
  const { service = '', port = 0, domain = OWN_DOMAIN, timeout, failOpen = true } = provider;
  const host = resolveShortName(service, document.namespace);
  return {
    kind: 'global',
    ...COMMON,
    name: nameOf(document),
    statPrefix: '',
    rates: rules.map((rule, index) => compileRate(document, rule, index, mesh, true)),
    cluster: service === '' ? BUILT_IN_RATE_LIMIT_CLUSTER : outboundClusterName(port, '', host),
    authority: service === '' ? '' : host,
    domain,
    timeoutMs: milliseconds(timeout) || TIMEOUT_MS,
    deniesOnError: !failOpen,
    statusOnError: 500,
    hidesMark: false,
  };
}

const RULE_KEY = 'rule';
const nameOf = ({ namespace, name }: Resource) => `RateLimit/${namespace}/${name}`;
const ruleName = ({ namespace, name }: Resource, index: number) => `${namespace}/${name}/${index}`;

function compileRate(
  document: Resource<RateLimitDocument>,
  rule: RateLimitRule,
  index: number,
  mesh: MeshConfig,
  tellsLimit: boolean,
): RateSpec {
  const { from, to, when, per = [], limit } = rule;
  const isForAll = from === undefined && to === undefined && when === undefined;
  const first: RateActionSpec = { kind: 'constant', key: RULE_KEY, value: ruleName(document, index) };
  return {
    stage: 0,
    match: isForAll ? null : compileRule({ from, to, when }, document.namespace, mesh),
    actions: [first, ...per.flatMap(compileKey)],
    limit: tellsLimit ? { requests: limit?.requests ?? 0, unit: limit?.unit ?? 'SECOND' } : null,
  };
}

/** Requests that lack what is counted by are counted together, so that leaving it out is no way around. */
function compileKey(key: string): RateActionSpec[] {
  const read = readRateLimitKey(key);
  switch (read?.kind) {
    case undefined:
      return [];
    case 'remote-address':
      return [{ kind: 'remote-address', key, network: null }];
    case 'header':
      return [{ kind: 'header', key, name: read.name, ifAbsent: 'empty' }];
    case 'claim':
      return [{ kind: 'claim', key, steps: read.steps, fallback: '', ifAbsent: 'empty' }];
    case 'caller':
      return [{ kind: 'caller', key, attribute: read.attribute }];
  }
}

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<RateUnit, number>> = {
  ...{ SECOND: 1000, MINUTE: 60_000, HOUR: 3_600_000, DAY: DAY_MS, MONTH: 30 * DAY_MS, YEAR: 365 * DAY_MS },
};

function bucketOf({ limit = {} }: RateLimitRule) {
  const { requests = 0, unit = 'SECOND', burst = requests } = limit;
  return { maxTokens: burst, tokensPerFill: requests, fillIntervalMs: UNIT_MS[unit] };
}
