import type { FieldPath } from '../field-path.ts';
import type { TelemetrySpec } from '../schema/telemetry.ts';
import { checkExpression } from './expression.ts';
import type { Findings } from './finding.ts';
import { checkTargets } from './selector.ts';
import { checkDuration } from './values.ts';

type Tracing = NonNullable<TelemetrySpec['tracing']>[number];
type Metrics = NonNullable<TelemetrySpec['metrics']>[number];

/** `ValidateTelemetry` of Istio. */
export function validateTelemetry(spec: TelemetrySpec, findings: Findings): void {
  checkTargets(spec, findings);
  const { tracing = [], metrics = [], accessLogging = [] } = spec;
  if (tracing.length > 1)
    findings.warn(['tracing', 1], 'only the first entry of tracing is used', 'Remove the others.');
  tracing.forEach((entry, index) => {
    validateTracing(entry, ['tracing', index], findings);
  });
  metrics.forEach((entry, index) => {
    validateMetrics(entry, ['metrics', index], findings);
  });
  accessLogging.forEach(({ providers, filter }, index) => {
    checkProviders(providers, ['accessLogging', index, 'providers'], findings);
    checkExpression(filter?.expression, ['accessLogging', index, 'filter', 'expression'], findings);
  });
}

function checkProviders(providers: Tracing['providers'], path: FieldPath, findings: Findings): void {
  (providers ?? []).forEach(({ name = '' }, index) => {
    if (name === '')
      findings.error(
        [...path, index, 'name'],
        'the name of a provider must not be empty',
        'E.g. `name: envoy`.',
      );
  });
}

function validateTracing(entry: Tracing, path: FieldPath, findings: Findings): void {
  checkProviders(entry.providers, [...path, 'providers'], findings);
  if ((entry.providers ?? []).length > 1)
    findings.warn([...path, 'providers', 1], 'only the first provider of tracing is used');
  const sampling = entry.randomSamplingPercentage ?? 0;
  if (sampling < 0 || sampling > 100)
    findings.error([...path, 'randomSamplingPercentage'], `percentage ${sampling} is not in range 0..100`);
  for (const [name, tag] of Object.entries(entry.customTags ?? {})) {
    const at = [...path, 'customTags', name];
    if (name === '') findings.error(at, 'the name of a tag must not be empty');
    if (tag.literal !== undefined && (tag.literal.value ?? '') === '')
      findings.error([...at, 'literal', 'value'], 'the value must not be empty');
    for (const field of ['header', 'environment'] as const) {
      if (tag[field] !== undefined && (tag[field].name ?? '') === '')
        findings.error([...at, field, 'name'], `the name of a ${field} must not be empty`);
    }
  }
}

function validateMetrics(entry: Metrics, path: FieldPath, findings: Findings): void {
  checkProviders(entry.providers, [...path, 'providers'], findings);
  checkDuration(entry.reportingInterval, [...path, 'reportingInterval'], findings);
  (entry.overrides ?? []).forEach(({ match, tagOverrides = {} }, index) => {
    const at = [...path, 'overrides', index];
    if (match?.customMetric === '')
      findings.error([...at, 'match', 'customMetric'], 'customMetric must not be empty');
    for (const [name, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides)) {
      const place = [...at, 'tagOverrides', name];
      if (operation === 'UPSERT' && value === '')
        findings.error(place, 'UPSERT needs a value', 'Write `operation: REMOVE` to remove the tag.');
      checkExpression(value, [...place, 'value'], findings);
      if (operation === 'REMOVE' && value !== '')
        findings.error([...place, 'value'], 'REMOVE takes no value', 'Remove it.');
    }
  });
}
