import { BUILT_IN_RATE_LIMIT_CLUSTER, parseClusterName } from '../../model/names.ts';
import {
  type GlobalRateLimit,
  JWT_METADATA,
  type LocalRateLimit,
  type RateLimit,
  type RateLimitAction,
  type TokenBucket,
} from '../envoy/rate-limit-schema.ts';
import { type HeaderMatcher, secondsMs } from '../envoy/scalars.ts';
import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';
import { regexFault } from './values.ts';

/** What Envoy refuses of its rate-limit filters, and what it takes but does nothing by. */

export function checkLocalRateLimit(config: LocalRateLimit, path: FieldPath, findings: Findings): void {
  requireText(config.stat_prefix, [...path, 'stat_prefix'], findings);
  if (config.token_bucket !== undefined)
    checkBucket(config.token_bucket, [...path, 'token_bucket'], findings);
  (config.descriptors ?? []).forEach(({ entries = [], token_bucket: bucket }, index) => {
    const at = [...path, 'descriptors', index];
    if (entries.length === 0) findings.error([...at, 'entries'], 'a descriptor needs an entry');
    entries.forEach(({ key }, place) => {
      requireText(key, [...at, 'entries', place, 'key'], findings);
    });
    checkBucket(bucket ?? {}, [...at, 'token_bucket'], findings);
  });
  const limits = config.token_bucket !== undefined || (config.descriptors ?? []).length > 0;
  for (const field of ['filter_enabled', 'filter_enforced'] as const)
    if (limits && config[field] === undefined)
      findings.warn(
        path,
        `${field} is missing, which means 0 %: nothing is limited`,
        `Add ${field} with a default_value.`,
      );
  tellInert(config, ['local_cluster_rate_limit', 'vh_rate_limits'], path, findings);
  checkRates(config.rate_limits ?? [], [...path, 'rate_limits'], findings);
}

/** Envoy fills no bucket more often. */
const SHORTEST_INTERVAL_MS = 50;

function checkBucket(bucket: TokenBucket, path: FieldPath, findings: Findings): void {
  const { max_tokens: most, fill_interval: interval } = bucket;
  if (most === undefined)
    findings.error([...path, 'max_tokens'], 'max_tokens is missing', 'E.g. `max_tokens: 10`.');
  if (interval === undefined)
    findings.error([...path, 'fill_interval'], 'fill_interval is missing', 'E.g. `fill_interval: 60s`.');
  else if (secondsMs(interval) < SHORTEST_INTERVAL_MS)
    findings.error(
      [...path, 'fill_interval'],
      'fill_interval must be at least 50 ms',
      'E.g. `fill_interval: 1s`.',
    );
}

export function checkGlobalRateLimit(config: GlobalRateLimit, path: FieldPath, findings: Findings): void {
  requireText(config.domain, [...path, 'domain'], findings);
  const { grpc_service: grpc, transport_api_version: version } = config.rate_limit_service ?? {};
  const at = [...path, 'rate_limit_service'];
  const name = grpc?.envoy_grpc?.cluster_name ?? '';
  const field = [...at, 'grpc_service', 'envoy_grpc', 'cluster_name'];
  if (name === '') findings.error(field, 'cluster_name is missing', CLUSTER_REMEDY);
  else if (name !== BUILT_IN_RATE_LIMIT_CLUSTER && parseClusterName(name)?.direction !== 'outbound')
    findings.error(field, `no cluster of a service is called ${JSON.stringify(name)}`, CLUSTER_REMEDY);
  if (version !== undefined && version !== 'V3')
    findings.error([...at, 'transport_api_version'], `version ${version} is gone`, 'Write V3.');
  tellInert(config, ['failure_mode_deny_percent', 'vh_rate_limits'], path, findings);
  checkRates(config.rate_limits ?? [], [...path, 'rate_limits'], findings);
}

const CLUSTER_REMEDY =
  'Write `outbound|8081||ratelimit.default.svc.cluster.local`, or `lateen_ratelimit` for the built-in service.';

export function checkRates(rates: readonly RateLimit[], path: FieldPath, findings: Findings): void {
  rates.forEach((rate, index) => {
    const at = [...path, index];
    const actions = rate.actions ?? [];
    if (actions.length === 0)
      findings.error([...at, 'actions'], 'a rate limit needs an action', 'E.g. `- remote_address: {}`.');
    actions.forEach((action, place) => {
      checkAction(action, [...at, 'actions', place], findings);
    });
    tellInert(rate, ['limit', 'hits_addend', 'apply_on_stream_done'], at, findings);
  });
}

/** Actions that nothing here knows the values of: the whole descriptor is left out. */
const UNKNOWN_ACTIONS = ['dynamic_metadata', 'extension', 'query_parameter_value_match'] as const;

function checkAction(action: RateLimitAction, path: FieldPath, findings: Findings): void {
  const [name] = Object.keys(action);
  if (name === undefined) findings.error(path, 'the action is empty', 'E.g. `remote_address: {}`.');
  const at = [...path, name ?? ''];
  const { request_headers: header, query_parameters: query, header_value_match: match } = action;
  if (header !== undefined) {
    requireText(header.header_name, [...at, 'header_name'], findings);
    requireText(header.descriptor_key, [...at, 'descriptor_key'], findings);
  }
  if (query !== undefined) {
    requireText(query.query_parameter_name, [...at, 'query_parameter_name'], findings);
    requireText(query.descriptor_key, [...at, 'descriptor_key'], findings);
  }
  if (action.generic_key !== undefined)
    requireText(action.generic_key.descriptor_value, [...at, 'descriptor_value'], findings);
  if (match !== undefined) {
    requireText(match.descriptor_value, [...at, 'descriptor_value'], findings);
    if ((match.headers ?? []).length === 0) findings.error([...at, 'headers'], 'headers are missing');
    (match.headers ?? []).forEach((matcher, index) => {
      checkHeaderMatcher(matcher, [...at, 'headers', index], findings);
    });
  }
  if (action.metadata !== undefined) checkMetadata(action.metadata, at, findings);
  for (const field of UNKNOWN_ACTIONS)
    if (action[field] !== undefined)
      findings.warn(at, `${field} is not known here: there is no such descriptor`, '', 'LAT0005');
}

function checkHeaderMatcher(matcher: HeaderMatcher, path: FieldPath, findings: Findings): void {
  requireText(matcher.name, [...path, 'name'], findings);
  const patterns: [string | undefined, FieldPath][] = [
    [matcher.safe_regex_match?.regex, ['safe_regex_match', 'regex']],
    [matcher.string_match?.safe_regex?.regex, ['string_match', 'safe_regex', 'regex']],
  ];
  for (const [pattern, inner] of patterns) {
    const fault = pattern === undefined ? null : regexFault(pattern);
    if (fault !== null) findings.error([...path, ...inner], fault);
  }
}

/** Only what the check of tokens leaves behind is there to be asked. */
function checkMetadata(
  metadata: NonNullable<RateLimitAction['metadata']>,
  path: FieldPath,
  findings: Findings,
): void {
  requireText(metadata.descriptor_key, [...path, 'descriptor_key'], findings);
  const { key, path: steps = [] } = metadata.metadata_key ?? {};
  if (key === JWT_METADATA && metadata.source !== 'ROUTE_ENTRY' && steps.length > 1) return;
  findings.warn(
    [...path, 'metadata_key'],
    'this metadata is not known here: there is no such descriptor',
    `Claims are there: key ${JWT_METADATA}, path [{key: payload}, {key: sub}].`,
    'LAT0005',
  );
}

function requireText(value: string | undefined, path: FieldPath, findings: Findings): void {
  if ((value ?? '') === '') findings.error(path, `${path.at(-1)} is missing`);
}

function tellInert<Config extends object>(
  config: Config,
  fields: readonly (keyof Config & string)[],
  path: FieldPath,
  findings: Findings,
): void {
  for (const field of fields)
    if (config[field] !== undefined)
      findings.warn([...path, field], `${field} has no effect in this version`, '', 'LAT0005');
}
