import type { FieldPath } from '../field-path.ts';
import type { DestinationRuleSpec, TrafficPolicy } from '../schema/destination-rule.ts';
import type { Findings } from './finding.ts';
import { checkDuration, checkExportTo, checkPort, isDnsLabel, isHost } from './values.ts';

/** `ValidateDestinationRule` of Istio. */
export function validateDestinationRule(spec: DestinationRuleSpec, findings: Findings): void {
  const host = spec.host ?? '';
  if (host === '')
    findings.error(['host'], 'host must not be empty', 'Name the service, e.g. `host: reviews`.');
  else if (!isHost(host)) findings.error(['host'], `invalid host ${JSON.stringify(host)}`);
  checkExportTo(spec.exportTo, findings);
  if (spec.trafficPolicy !== undefined) validatePolicy(spec.trafficPolicy, ['trafficPolicy'], findings);
  (spec.subsets ?? []).forEach((subset, index) => {
    const path = ['subsets', index];
    const name = subset.name ?? '';
    if (!isDnsLabel(name))
      findings.error(
        [...path, 'name'],
        `invalid subset name ${JSON.stringify(name)}`,
        'A name is of lower-case letters, digits and "-".',
      );
    if ((spec.subsets ?? []).findIndex((other) => other.name === name) !== index) {
      findings.error(
        [...path, 'name'],
        `duplicate subset name ${JSON.stringify(name)}`,
        'Give one of them another name.',
      );
    }
    if (subset.trafficPolicy !== undefined)
      validatePolicy(subset.trafficPolicy, [...path, 'trafficPolicy'], findings);
  });
}

type PolicyBlocks = Pick<TrafficPolicy, 'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'tls'>;

function validatePolicy(policy: TrafficPolicy, path: FieldPath, findings: Findings): void {
  if (Object.values(policy).every((value) => value === undefined)) {
    findings.error(path, 'trafficPolicy must have at least one field', 'Is its content indented far enough?');
  }
  validateBlocks(policy, path, findings);
  (policy.portLevelSettings ?? []).forEach((settings, index) => {
    const at = [...path, 'portLevelSettings', index];
    if (settings.port?.number === undefined) findings.error([...at, 'port'], 'port.number is required');
    checkPort(settings.port?.number, [...at, 'port', 'number'], findings);
    validateBlocks(settings, at, findings);
  });
}

function validateBlocks(
  { loadBalancer, connectionPool, outlierDetection }: PolicyBlocks,
  path: FieldPath,
  findings: Findings,
): void {
  if (loadBalancer?.simple === 'LEAST_CONN') {
    findings.warn(
      [...path, 'loadBalancer', 'simple'],
      'LEAST_CONN is deprecated; LEAST_REQUEST is used',
      'Write LEAST_REQUEST.',
      'IST0002',
    );
  }
  const table = loadBalancer?.consistentHash?.maglev?.tableSize;
  if (table !== undefined && (table < 2 || table >= 5_000_011)) {
    findings.error(
      [...path, 'loadBalancer', 'consistentHash', 'maglev', 'tableSize'],
      'tableSize must be a prime below 5000011',
    );
  }
  const { tcp, http } = connectionPool ?? {};
  for (const [name, value] of Object.entries({ ...tcp, ...http })) {
    const block = tcp !== undefined && name in tcp ? 'tcp' : 'http';
    if (typeof value === 'number' && value < 0)
      findings.error([...path, 'connectionPool', block, name], `${name} must not be negative`);
  }
  checkDuration(tcp?.connectTimeout, [...path, 'connectionPool', 'tcp', 'connectTimeout'], findings);
  if (outlierDetection === undefined) return;
  const at = [...path, 'outlierDetection'];
  if (outlierDetection.consecutiveErrors !== undefined) {
    findings.warn(
      [...at, 'consecutiveErrors'],
      'consecutiveErrors is deprecated and has no effect',
      'Use consecutive5xxErrors or consecutiveGatewayErrors.',
      'IST0002',
    );
  }
  checkDuration(outlierDetection.interval, [...at, 'interval'], findings);
  checkDuration(outlierDetection.baseEjectionTime, [...at, 'baseEjectionTime'], findings);
  for (const field of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    const value = outlierDetection[field];
    if (value !== undefined && (value < 0 || value > 100))
      findings.error([...at, field], `${field} must be in the range 0..100`);
  }
  if (
    outlierDetection.consecutiveLocalOriginFailures !== undefined &&
    outlierDetection.splitExternalLocalOriginErrors !== true
  ) {
    findings.error(
      [...at, 'consecutiveLocalOriginFailures'],
      'consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors: true',
    );
  }
}
