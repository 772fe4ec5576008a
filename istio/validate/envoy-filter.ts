import { type RateLimitPatch, readRateLimitPatches } from '../envoy/rate-limit-patches.ts';
import type { EnvoyFilterSpec } from '../schema/envoy-filter.ts';
import { checkGlobalRateLimit, checkLocalRateLimit, checkRates } from './envoy-rate-limit.ts';
import type { Findings } from './finding.ts';
import { checkSelector } from './selector.ts';

/** EnvoyFilters act where they limit rates; all else in them is told to have no effect. */
export function validateEnvoyFilter(spec: EnvoyFilterSpec, findings: Findings): void {
  checkSelector(spec.workloadSelector, ['workloadSelector'], findings);
  (spec.configPatches ?? []).forEach(({ applyTo, patch }, index) => {
    const path = ['configPatches', index];
    if (applyTo === undefined) findings.error(path, 'applyTo is missing', 'E.g. `applyTo: HTTP_FILTER`.');
    if (patch?.operation === undefined)
      findings.error([...path, 'patch'], 'patch.operation is missing', 'E.g. `operation: INSERT_BEFORE`.');
  });
  const { patches, ignored, faults } = readRateLimitPatches(spec);
  for (const { path, message, remedy } of faults) findings.error(path, message, remedy);
  for (const { path, what } of ignored)
    findings.warn(
      path,
      `${what} is Envoy's own configuration and is ignored here`,
      'Only rate limits are read of an EnvoyFilter: say what you need in other kinds.',
      'LAT0004',
    );
  for (const patch of patches) checkPatch(patch, findings);
}

function checkPatch(patch: RateLimitPatch, findings: Findings): void {
  switch (patch.kind) {
    case 'local-filter':
    case 'local-of-route':
      checkLocalRateLimit(patch.config, patch.path, findings);
      break;
    case 'global-filter':
      checkGlobalRateLimit(patch.config, patch.path, findings);
      break;
    case 'rates':
      checkRates(patch.rates, patch.path, findings);
  }
}
