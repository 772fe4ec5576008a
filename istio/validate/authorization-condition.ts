import { closestWord } from '../../base/closest-word.ts';
import type { FieldPath } from '../field-path.ts';
import type { AuthorizationRule } from '../schema/security.ts';
import {
  checkAccounts,
  checkAddresses,
  checkNotEmpty,
  checkPorts,
  checkWildcards,
} from './authorization-values.ts';
import type { Findings } from './finding.ts';

type ValueCheck = (values: readonly string[], path: FieldPath, findings: Findings) => void;

/** Attributes that a condition can ask for → how their values are checked. */
const ATTRIBUTES: Readonly<Record<string, ValueCheck>> = {
  'source.ip': checkAddresses,
  'remote.ip': checkAddresses,
  'source.namespace': checkNotEmpty,
  'source.principal': checkNotEmpty,
  'source.serviceAccount': checkAccounts,
  'source.trustDomain': checkWildcards,
  'request.auth.principal': checkNotEmpty,
  'request.auth.audiences': checkNotEmpty,
  'request.auth.presenter': checkNotEmpty,
  'destination.ip': checkAddresses,
  'destination.port': checkPorts,
  'connection.sni': checkNotEmpty,
};

/** Attributes with a key behind them: `request.headers[x-user]`. */
const KEYED = ['request.headers', 'request.auth.claims', 'experimental.'];

const GONE: Readonly<Record<string, string>> = {
  'destination.namespace': 'It is the namespace of the policy now.',
  'destination.name': 'Use the selector of the policy.',
  'destination.user': 'Use the selector of the policy.',
};

/** One entry of `when` (`security.ValidateAttribute` of Istio). */
export function checkCondition(
  condition: NonNullable<AuthorizationRule['when']>[number],
  path: FieldPath,
  findings: Findings,
): void {
  const { key = '', values = [], notValues = [] } = condition;
  const at = [...path, 'key'];
  if (key === '') {
    findings.error(at, 'key must not be empty', 'E.g. `key: request.headers[x-user]`.');
    return;
  }
  if (values.length + notValues.length === 0)
    findings.error(path, `values or notValues must be given for ${key}`, 'E.g. `values: ["*"]`.');
  const keyed = KEYED.find((prefix) => key.startsWith(prefix));
  if (keyed !== undefined) {
    if (!/^[^[]+\[.+\]$/.test(key))
      findings.error(at, `${JSON.stringify(key)} lacks its name in brackets`, `E.g. ${example(keyed)}.`);
    checkNotEmpty(values, [...path, 'values'], findings);
    checkNotEmpty(notValues, [...path, 'notValues'], findings);
    if (keyed === 'experimental.')
      findings.warn(
        at,
        `${key} asks for what other filters of Envoy find out: it matches nothing here`,
        'Ask for a header, a claim or the caller.',
      );
    return;
  }
  const check = ATTRIBUTES[key];
  if (check === undefined) {
    findings.error(at, `unknown attribute ${JSON.stringify(key)}`, remedyFor(key));
    return;
  }
  check(values, [...path, 'values'], findings);
  check(notValues, [...path, 'notValues'], findings);
}

const example = (prefix: string) =>
  prefix === 'request.headers' ? 'request.headers[x-user]' : 'request.auth.claims[role]';

function remedyFor(key: string): string {
  const gone = key.startsWith('destination.labels') ? 'Use the selector of the policy.' : GONE[key];
  if (gone !== undefined) return gone;
  const known = [...Object.keys(ATTRIBUTES), 'request.headers[...]', 'request.auth.claims[...]'];
  const near = closestWord(key, known);
  return near === null ? `Known: ${known.join(', ')}.` : `Did you mean "${near}"?`;
}
