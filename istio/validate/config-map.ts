import type { FieldPath } from '../field-path.ts';
import { readRateLimitConfigs } from '../rate-limit-config.ts';
import type { ConfigMapSpec, RateLimitConfigDescriptor } from '../schema/config-map.ts';
import type { Findings } from './finding.ts';

/** Limits for the built-in service, in the format of envoyproxy/ratelimit. */
export function validateConfigMap({ data = {} }: ConfigMapSpec, findings: Findings): void {
  const configs = readRateLimitConfigs(data);
  for (const { key, config, faults } of configs) {
    const path = ['data', key];
    for (const { line, message, remedy } of faults)
      findings.error(path, `line ${line} of ${key}: ${message}`, remedy);
    if (config === null) continue;
    if ((config.domain ?? '') === '')
      findings.error(path, `${key} has no domain`, 'E.g. `domain: ratelimit`.');
    checkDescriptors(config.descriptors ?? [], `${key}: descriptors`, path, findings);
  }
}

function checkDescriptors(
  descriptors: readonly RateLimitConfigDescriptor[],
  where: string,
  path: FieldPath,
  findings: Findings,
): void {
  const seen = new Set<string>();
  descriptors.forEach(({ key = '', value = '', rate_limit: limit, descriptors: inner }, index) => {
    const at = `${where}[${index}]`;
    if (key === '') findings.error(path, `${at} has no key`);
    const name = `${key}_${value}`;
    if (seen.has(name))
      findings.error(path, `${at} is there twice: ${key}${value === '' ? '' : ` ${value}`}`);
    seen.add(name);
    if (limit !== undefined && limit.unlimited !== true && limit.unit === undefined)
      findings.error(path, `${at}.rate_limit has no unit`, 'E.g. `unit: minute`.');
    if (limit?.unlimited === true && limit.unit !== undefined)
      findings.error(path, `${at}.rate_limit has a unit, and is unlimited`, 'Keep one of them.');
    if (inner !== undefined) checkDescriptors(inner, `${at}.descriptors`, path, findings);
  });
}
