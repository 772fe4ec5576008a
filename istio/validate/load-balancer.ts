import type { FieldPath } from '../field-path.ts';
import type { LoadBalancer, LocalityLbSetting } from '../schema/destination-rule.ts';
import type { Findings } from './finding.ts';
import { checkLocalities } from './localities.ts';
import { checkDuration } from './values.ts';

/** Envoy's limit for a Maglev table. */
const MAX_TABLE_SIZE = 5_000_011;

/** `validateLoadBalancer` of Istio. `hasOutlierDetection`: failover moves traffic only where it finds dead endpoints. */
export function validateLoadBalancer(
  balancer: LoadBalancer | undefined,
  hasOutlierDetection: boolean,
  path: FieldPath,
  findings: Findings,
): void {
  if (balancer === undefined) return;
  if (balancer.simple === 'LEAST_CONN') {
    const message = 'LEAST_CONN is deprecated; LEAST_REQUEST is used';
    findings.warn([...path, 'simple'], message, 'Write LEAST_REQUEST.', 'IST0002');
  }
  if (balancer.consistentHash !== undefined)
    validateConsistentHash(balancer.consistentHash, [...path, 'consistentHash'], findings);
  const { localityLbSetting, zoneAwareLbSetting, warmup } = balancer;
  if (localityLbSetting !== undefined && zoneAwareLbSetting !== undefined)
    findings.error(
      [...path, 'zoneAwareLbSetting'],
      'localityLbSetting and zoneAwareLbSetting exclude each other',
      'Keep one of them.',
    );
  for (const [field, setting] of Object.entries({ localityLbSetting, zoneAwareLbSetting })) {
    if (setting !== undefined) validateFailover(setting, hasOutlierDetection, [...path, field], findings);
  }
  if (localityLbSetting !== undefined)
    validateDistribution(localityLbSetting, [...path, 'localityLbSetting'], findings);
  if (warmup !== undefined) validateWarmup(warmup, [...path, 'warmup'], findings);
}

function validateConsistentHash(
  hash: NonNullable<LoadBalancer['consistentHash']>,
  path: FieldPath,
  findings: Findings,
): void {
  const { httpCookie, maglev, ringHash, minimumRingSize } = hash;
  if (httpCookie !== undefined) {
    if ((httpCookie.name ?? '') === '')
      findings.error([...path, 'httpCookie', 'name'], 'httpCookie needs a name');
    const names = (httpCookie.attributes ?? []).map(({ name = '' }) => name);
    names.forEach((name, index) => {
      const at = [...path, 'httpCookie', 'attributes', index, 'name'];
      if (name === '') findings.error(at, 'the name of a cookie attribute must not be empty');
      else if (names.indexOf(name) !== index)
        findings.error(at, `duplicate cookie attribute ${JSON.stringify(name)}`, 'Remove one.');
    });
  }
  if ((minimumRingSize ?? 0) !== 0) {
    findings.warn(
      [...path, 'minimumRingSize'],
      'minimumRingSize is deprecated here',
      'Write it below ringHash.',
    );
    if (maglev !== undefined || ringHash !== undefined)
      findings.error(
        [...path, 'minimumRingSize'],
        'minimumRingSize, ringHash and maglev exclude each other',
        'Keep one of them.',
      );
  }
  if (ringHash !== undefined && maglev !== undefined)
    findings.error([...path, 'maglev'], 'ringHash and maglev exclude each other', 'Keep one of them.');
  if (maglev === undefined) return;
  const size = maglev.tableSize ?? 0;
  if (size === 0 || size >= MAX_TABLE_SIZE || !isPrime(size))
    findings.error(
      [...path, 'maglev', 'tableSize'],
      `tableSize ${size} must be a prime below ${MAX_TABLE_SIZE}`,
      'The usual size is 65537.',
    );
}

function isPrime(value: number): boolean {
  for (let factor = 2; factor * factor <= value; factor++) if (value % factor === 0) return false;
  return value > 1;
}

const TOPOLOGY = [
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.istio.io/subzone',
];

function validateFailover(
  { failover = [], failoverPriority = [] }: Pick<LocalityLbSetting, 'failover' | 'failoverPriority'>,
  hasOutlierDetection: boolean,
  path: FieldPath,
  findings: Findings,
): void {
  const topology = failoverPriority.find((label) => TOPOLOGY.includes(label));
  if (failover.length > 0 && topology !== undefined)
    findings.error(
      [...path, 'failoverPriority'],
      `failover and the label ${topology} in failoverPriority exclude each other`,
      'Keep one of them.',
    );
  if (failover.length + failoverPriority.length > 0 && !hasOutlierDetection)
    findings.warn(path, 'without outlierDetection nothing fails over', 'Add an outlierDetection block.');
  failover.forEach(({ from = '', to = '' }, index) => {
    const at = [...path, 'failover', index];
    if (from === to) findings.error(at, 'from and to must be different regions');
    if (/[/*]/.test(from + to))
      findings.error(at, 'failover names regions only', 'Write them without "/" and "*".');
  });
}

function validateDistribution(
  { distribute = [], failover = [] }: LocalityLbSetting,
  path: FieldPath,
  findings: Findings,
): void {
  if (distribute.length > 0 && failover.length > 0)
    findings.error([...path, 'failover'], 'distribute and failover exclude each other', 'Keep one of them.');
  distribute.forEach(({ to = {} }, index) => {
    const at = [...path, 'distribute', index, 'to'];
    const weights = Object.entries(to);
    for (const [locality, weight] of weights) {
      if (weight < 1 || weight > 100)
        findings.error([...at, locality], `weight ${weight} is not in range 1..100`);
    }
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
    if (total !== 100) findings.error(at, `the weights are ${total} together`, 'They must be 100.');
    checkLocalities(Object.keys(to), at, findings);
  });
  checkLocalities(
    distribute.map(({ from = '' }) => from),
    [...path, 'distribute'],
    findings,
  );
}

function validateWarmup(
  { duration, minimumPercent = 0, aggression = 1 }: NonNullable<LoadBalancer['warmup']>,
  path: FieldPath,
  findings: Findings,
): void {
  if (duration === undefined) findings.error(path, 'warmup needs a duration', 'Add `duration: 30s`.');
  checkDuration(duration, [...path, 'duration'], findings);
  if (minimumPercent < 0 || minimumPercent > 100)
    findings.error([...path, 'minimumPercent'], `percentage ${minimumPercent} is not in range 0..100`);
  if (aggression <= 0) findings.error([...path, 'aggression'], 'aggression must be greater than 0');
}
