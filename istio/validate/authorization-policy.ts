import type { FieldPath } from '../field-path.ts';
import type { Metadata } from '../metadata.ts';
import type {
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRule,
  AuthorizationSource,
} from '../schema/security.ts';
import { checkCondition } from './authorization-condition.ts';
import {
  checkAccounts,
  checkAddresses,
  checkNotEmpty,
  checkPathTemplates,
  checkPorts,
  checkWildcards,
} from './authorization-values.ts';
import type { Findings } from './finding.ts';
import { checkTargets } from './selector.ts';

/** `ValidateAuthorizationPolicy` of Istio. */
export function validateAuthorizationPolicy(
  spec: AuthorizationPolicySpec,
  { annotations }: Metadata,
  findings: Findings,
): void {
  const { action = 'ALLOW', rules, provider } = spec;
  checkTargets(spec, findings);
  if ((action === 'DENY' || action === 'CUSTOM') && rules === undefined)
    findings.error(
      ['rules'],
      `action ${action} without rules is never triggered`,
      'Add `rules: [{}]` to trigger it for every request.',
    );
  if (action === 'CUSTOM' && rules !== undefined && (provider?.name ?? '') === '')
    findings.error(
      ['provider'],
      'action CUSTOM needs provider.name',
      'Name one of MeshConfig.extensionProviders.',
    );
  if (action !== 'CUSTOM' && provider !== undefined)
    findings.error(['provider'], `provider belongs to action CUSTOM, not ${action}`, 'Add `action: CUSTOM`.');
  checkDryRun(annotations['istio.io/dry-run'], action, findings);
  (rules ?? []).forEach((rule, index) => {
    const path = ['rules', index];
    validateRule(rule, path, findings);
    if (action === 'CUSTOM') refuseIdentities(rule, path, findings);
    if (action === 'DENY' && hasHttpOnly(rule))
      findings.warn(
        path,
        'a DENY rule of HTTP attributes alone denies all traffic to TCP ports',
        'Add `ports:` to its operation.',
      );
  });
}

function checkDryRun(value: string | undefined, action: string, findings: Findings): void {
  if (value === undefined) return;
  if (action !== 'ALLOW' && action !== 'DENY')
    findings.error(
      ['action'],
      `istio.io/dry-run does not support action ${action}`,
      'Remove the annotation.',
    );
  else if (!/^(1|t|T|true|TRUE|True|0|f|F|false|FALSE|False)$/.test(value))
    findings.error([], `the annotation istio.io/dry-run is ${JSON.stringify(value)}`, 'Write "true".');
}

/** `from: []` and `to: []` are accepted and mean any (ISTIO.md, corrections 25 and 39). */
export function validateRule(
  rule: Pick<AuthorizationRule, 'from' | 'to' | 'when'>,
  path: FieldPath,
  findings: Findings,
): void {
  (rule.from ?? []).forEach(({ source }, index) => {
    const at = [...path, 'from', index, 'source'];
    if (isEmpty(source))
      findings.error(at, 'source must not be empty', 'Say who, e.g. `namespaces: [default]`.');
    else validateSource(source, at, findings);
  });
  (rule.to ?? []).forEach(({ operation }, index) => {
    const at = [...path, 'to', index, 'operation'];
    if (isEmpty(operation))
      findings.error(at, 'operation must not be empty', 'Say what, e.g. `methods: [GET]`.');
    else validateOperation(operation, at, findings);
  });
  (rule.when ?? []).forEach((condition, index) => {
    checkCondition(condition, [...path, 'when', index], findings);
  });
}

function isEmpty(value: object | undefined): value is undefined {
  return value === undefined || Object.values(value).every((list) => (list ?? []).length === 0);
}

function validateSource(source: AuthorizationSource, path: FieldPath, findings: Findings): void {
  const accounts = (['serviceAccounts', 'notServiceAccounts'] as const).find(
    (field) => source[field]?.length,
  );
  const others = (['principals', 'notPrincipals', 'namespaces', 'notNamespaces'] as const).find(
    (field) => source[field]?.length,
  );
  if (accounts !== undefined && others !== undefined)
    findings.error([...path, accounts], `${accounts} and ${others} exclude each other`, 'Keep one of them.');
  for (const [field, values] of Object.entries(source)) {
    const at = [...path, field];
    if (/ipBlocks$/i.test(field)) checkAddresses(values ?? [], at, findings);
    else if (/serviceAccounts$/i.test(field)) checkAccounts(values ?? [], at, findings);
    else if (/trustDomains$/i.test(field))
      checkWildcards(values ?? [], at, findings, { mayHaveSlash: false });
    else checkNotEmpty(values ?? [], at, findings);
  }
}

function validateOperation(operation: AuthorizationOperation, path: FieldPath, findings: Findings): void {
  for (const [field, values] of Object.entries(operation)) {
    const at = [...path, field];
    checkNotEmpty(values ?? [], at, findings);
    if (/ports$/i.test(field)) checkPorts(values ?? [], at, findings);
    if (/paths$/i.test(field)) checkPathTemplates(values ?? [], at, findings);
  }
}

/** CUSTOM is decided before certificates and tokens have been looked at. */
function refuseIdentities(rule: AuthorizationRule, path: FieldPath, findings: Findings): void {
  (rule.from ?? []).forEach(({ source = {} }, index) => {
    for (const [field, values] of Object.entries(source)) {
      if (/ipBlocks$/i.test(field) || (values ?? []).length === 0) continue;
      const at = [...path, 'from', index, 'source', field];
      findings.error(at, `${field} is not supported with action CUSTOM`, 'Use ipBlocks, or another action.');
    }
  });
  (rule.when ?? []).forEach(({ key = '' }, index) => {
    if (!/^(source\.(namespace|serviceAccount|trustDomain|principal)$|request\.auth\.)/.test(key)) return;
    findings.error([...path, 'when', index, 'key'], `${key} is not supported with action CUSTOM`);
  });
}

/** Whether nothing in the rule could tell a TCP connection, so that on TCP ports it applies to all. */
function hasHttpOnly({ from = [], to = [] }: AuthorizationRule): boolean {
  const hasTcpSource = from.some(({ source = {} }) =>
    Object.keys(source).some((field) => !/requestPrincipals$|trustDomains$/i.test(field)),
  );
  const hasPorts = to.some(({ operation = {} }) => 'ports' in operation || 'notPorts' in operation);
  return (from.length > 0 && to.length === 0 && !hasTcpSource) || (to.length > 0 && !hasPorts);
}
