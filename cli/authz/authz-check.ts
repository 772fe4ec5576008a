import type { AuthorizationRuleSpec, AuthorizationSpec, ConditionSpec } from '../../model/authorization.ts';
import type { Places } from '../proxy/proxy-config.ts';
import { type Format, formatAs } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';

/** Of `/debug/config_dump?proxyID=…`. */
export interface AuthorizationDump {
  readonly proxy: string;
  readonly authorization?: readonly AuthorizationSpec[];
  readonly places: Places;
}

const ORDER: readonly AuthorizationSpec['action'][] = ['CUSTOM', 'DENY', 'ALLOW', 'AUDIT'];

/** What istioctl's `x authz check` prints, and each rule in words: the policies in force, in the order of their turn. */
export function formatAuthorization(
  { proxy, authorization = [], places }: AuthorizationDump,
  output: Format,
): string {
  const policies = authorization.toSorted(
    (a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action) || (a.name < b.name ? -1 : 1),
  );
  return formatAs(output, policies, () => {
    if (policies.length === 0) return `no AuthorizationPolicy is in force at ${proxy}: everybody may call it`;
    return formatTable([
      ['ACTION', 'POLICY', 'RULE', 'WHAT IT MATCHES', 'ORIGIN'],
      ...policies.flatMap((policy) => rowsOf(policy, places[`AuthorizationPolicy/${policy.name}`] ?? '')),
    ]);
  });
}

function rowsOf(policy: AuthorizationSpec, place: string): string[][] {
  const { name, rules } = policy;
  const shown = describeAction(policy);
  if (rules.length === 0) return [[shown, name, '-', 'nothing', place]];
  return rules.map((rule, index) => [shown, name, String(index), describeRule(rule), place]);
}

/** With whom CUSTOM asks; where that is nobody, what matches is refused. */
function describeAction({ action, isDryRun, provider }: AuthorizationSpec): string {
  if (isDryRun) return `${action} (dry run)`;
  if (action !== 'CUSTOM') return action;
  return provider === null ? 'CUSTOM (unknown provider: refuses)' : `CUSTOM (asks ${provider.name})`;
}

function describeRule({ from, to, when }: AuthorizationRuleSpec): string {
  const parts = [
    ...(from.length === 0 ? [] : [from.map(describeAll).join(' or ')]),
    ...(to.length === 0 ? [] : [to.map(describeAll).join(' or ')]),
    ...when.map(describeCondition),
  ];
  return parts.length === 0 ? 'everything' : parts.join('; ');
}

const describeAll = (conditions: readonly ConditionSpec[]) =>
  conditions.length === 0 ? 'any' : conditions.map(describeCondition).join(' and ');

function describeCondition({ attribute, key, values, notValues }: ConditionSpec): string {
  const name = `${attribute}${key.map((step) => `[${step}]`).join('')}`;
  const wanted = values.length === 0 ? [] : [`${name} = ${values.join(', ')}`];
  return [...wanted, ...(notValues.length === 0 ? [] : [`${name} ≠ ${notValues.join(', ')}`])].join(' and ');
}
