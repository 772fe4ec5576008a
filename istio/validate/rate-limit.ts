import { closestWord } from '../../base/closest-word.ts';
import type { FieldPath } from '../field-path.ts';
import { RATE_LIMIT_KEYS, readRateLimitKey } from '../rate-limit-keys.ts';
import type { RateLimitDocument, RateLimitRule } from '../schema/rate-limit.ts';
import { validateRule } from './authorization-policy.ts';
import type { Findings } from './finding.ts';
import { checkSelector } from './selector.ts';

/** Our own RateLimit (docs/rate-limits.md). */
export function validateRateLimit(spec: RateLimitDocument, findings: Findings): void {
  const { selector, mode = 'LOCAL', rules = [], provider } = spec;
  checkSelector(selector, ['selector'], findings);
  if (rules.length === 0)
    findings.error(
      ['rules'],
      'without rules nothing is limited',
      'E.g. `rules: [{limit: {requests: 10, unit: MINUTE}}]`.',
    );
  rules.forEach((rule, index) => {
    const path = ['rules', index];
    validateRule(rule, path, findings);
    checkLimit(rule, mode, path, findings);
    checkKeys(rule.per ?? [], [...path, 'per'], findings);
  });
  if (provider !== undefined) checkProvider(provider, mode, findings);
}

type Mode = NonNullable<RateLimitDocument['mode']>;

function checkLimit({ limit = {} }: RateLimitRule, mode: Mode, path: FieldPath, findings: Findings): void {
  const at = [...path, 'limit'];
  const { requests, unit, burst } = limit;
  if (requests === undefined || unit === undefined)
    findings.error(at, 'a rule needs requests and a unit', 'E.g. `limit: {requests: 10, unit: MINUTE}`.');
  if (requests === 0)
    findings.error(
      [...at, 'requests'],
      'nothing could pass',
      'Write an AuthorizationPolicy with action DENY.',
    );
  if (burst === 0) findings.error([...at, 'burst'], 'nothing could pass', 'Leave burst out.');
  if (burst !== undefined && mode === 'GLOBAL')
    findings.error(
      [...at, 'burst'],
      'burst belongs to mode LOCAL',
      'A service counts whole seconds, minutes and so on.',
    );
}

function checkKeys(keys: readonly string[], path: FieldPath, findings: Findings): void {
  keys.forEach((key, index) => {
    if (readRateLimitKey(key) !== null) return;
    const near = closestWord(key, RATE_LIMIT_KEYS);
    const remedy = near === null ? `Known: ${RATE_LIMIT_KEYS.join(', ')}.` : `Did you mean "${near}"?`;
    findings.error([...path, index], `unknown key ${JSON.stringify(key)}`, remedy);
  });
}

function checkProvider(
  { service, port, domain }: NonNullable<RateLimitDocument['provider']>,
  mode: Mode,
  findings: Findings,
): void {
  if (mode !== 'GLOBAL')
    findings.error(['provider'], 'provider belongs to mode GLOBAL', 'Add `mode: GLOBAL`.');
  if ((service ?? '') !== '' && (port ?? 0) === 0)
    findings.error(['provider', 'port'], 'a service needs its port', 'E.g. `port: 8081`.');
  if ((service ?? '') === '' && (port !== undefined || domain !== undefined))
    findings.error(
      ['provider', 'service'],
      'port and domain belong to a service of your own',
      'Name it, or leave them out.',
    );
}
