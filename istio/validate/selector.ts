import type { Labels } from '../../model/labels.ts';
import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';

/** Either form: `matchLabels` (security, telemetry, DestinationRule) or `labels` (Sidecar, ServiceEntry). */
export interface Selector {
  readonly matchLabels?: Labels | undefined;
  readonly labels?: Labels | undefined;
}

/** `validateWorkloadSelector` of Istio: equality of labels, no wildcards; without labels it selects all. */
export function checkSelector(selector: Selector | undefined, path: FieldPath, findings: Findings): void {
  if (selector === undefined) return;
  const field = selector.labels === undefined ? 'matchLabels' : 'labels';
  const entries = Object.entries(selector[field] ?? {});
  if (entries.length === 0)
    findings.warn(path, 'a selector without labels selects all workloads', 'Leave it out to say so.');
  for (const [key, value] of entries) {
    const at = [...path, field, key];
    if (key === '') findings.error(at, 'the name of a label must not be empty');
    if (`${key}${value}`.includes('*'))
      findings.error(at, `wildcards are not supported in a selector: ${key}=${value}`, 'Write it out.');
  }
}

interface TargetReference {
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface Targets {
  readonly selector?: Selector | undefined;
  readonly targetRef?: TargetReference | undefined;
  readonly targetRefs?: readonly TargetReference[] | undefined;
}

/** `group/kind` that a policy of a waypoint may name. */
const TARGET_KINDS = [
  '/Service',
  'networking.istio.io/ServiceEntry',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
];

/** What a policy applies to: a selector, or targets, not both. */
export function checkTargets(targets: Targets, findings: Findings): void {
  const { selector, targetRef, targetRefs = [] } = targets;
  checkSelector(selector, ['selector'], findings);
  const given = [selector !== undefined, targetRef !== undefined, targetRefs.length > 0].filter(Boolean);
  if (given.length > 1)
    findings.error(
      [targetRef === undefined ? 'targetRefs' : 'targetRef'],
      'only one of selector and targetRefs can be set',
      'Keep one of them.',
    );
  if (targetRef !== undefined) checkTarget(targetRef, ['targetRef'], findings);
  targetRefs.forEach((target, index) => {
    checkTarget(target, ['targetRefs', index], findings);
  });
  if (targetRef !== undefined || targetRefs.length > 0)
    findings.warn(
      [targetRef === undefined ? 'targetRefs' : 'targetRef'],
      'targetRefs are for waypoints, which are not here: the policy applies to no workload',
      'Write a selector.',
    );
}

function checkTarget(target: TargetReference, path: FieldPath, findings: Findings): void {
  if ((target.name ?? '') === '') findings.error(path, 'the name of a target must not be empty');
  if ((target.namespace ?? '') !== '')
    findings.error([...path, 'namespace'], 'a target of another namespace is not supported', 'Remove it.');
  const group = target.group === 'core' ? '' : (target.group ?? '');
  if (!TARGET_KINDS.includes(`${group}/${target.kind ?? ''}`))
    findings.error(path, `a target cannot be of kind ${group}/${target.kind ?? ''}`, targetRemedy);
}

const targetRemedy = `Use one of ${TARGET_KINDS.map((kind) => kind.replace(/^\//, '')).join(', ')}.`;
