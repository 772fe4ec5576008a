import type { FieldPath } from '../field-path.ts';
import { isAddressOrRange } from '../ip-address.ts';
import type { Findings } from './finding.ts';

/** Lists of values in AuthorizationPolicy (`pkg/config/security` of Istio). */

export function checkNotEmpty(values: readonly string[], path: FieldPath, findings: Findings): void {
  values.forEach((value, index) => {
    if (value === '') findings.error([...path, index], 'a value must not be empty', '"*" means present.');
  });
}

export function checkAddresses(values: readonly string[], path: FieldPath, findings: Findings): void {
  values.forEach((value, index) => {
    if (!isAddressOrRange(value))
      findings.error(
        [...path, index],
        `${JSON.stringify(value)} is no IP address or range`,
        'E.g. 10.0.0.7 or 10.0.0.0/8.',
      );
  });
}

export function checkPorts(values: readonly string[], path: FieldPath, findings: Findings): void {
  values.forEach((value, index) => {
    if (!/^[0-9]{1,5}$/.test(value) || Number(value) > 65535)
      findings.error([...path, index], `${JSON.stringify(value)} is no port`, 'E.g. "8080".');
  });
}

/** Exact, `prefix*`, `*suffix` or `*`; no wildcard in the middle. */
export function checkWildcards(
  values: readonly string[],
  path: FieldPath,
  findings: Findings,
  { mayHaveSlash = true } = {},
): void {
  checkNotEmpty(values, path, findings);
  values.forEach((value, index) => {
    if (!/^(\*|\*?[^*]*|[^*]*\*)$/.test(value))
      findings.error(
        [...path, index],
        `"*" may stand at the start or the end only: ${JSON.stringify(value)}`,
      );
    if (!mayHaveSlash && value.includes('/'))
      findings.error([...path, index], `no "/" is allowed in ${JSON.stringify(value)}`);
  });
}

/** Istio's limit, against unbounded configuration. */
const MAX_ACCOUNTS = 16;

/** `account` or `namespace/account`, without wildcards. */
export function checkAccounts(values: readonly string[], path: FieldPath, findings: Findings): void {
  if (values.length > MAX_ACCOUNTS)
    findings.error(path, `at most ${MAX_ACCOUNTS} service accounts are allowed`, 'Write a second rule.');
  values.forEach((value, index) => {
    if (!/^[^*/]+(\/[^*/]+)?$/.test(value) || value.length > 320)
      findings.error(
        [...path, index],
        `${JSON.stringify(value)} is no service account`,
        'Write ACCOUNT or NAMESPACE/ACCOUNT, without wildcards.',
      );
  });
}

/** RFC 3986: pchar, without "*". */
const LITERAL = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]*$/;

/** `{*}` stands for one segment, `{**}` for any number at the end; neither goes with other wildcards. */
export function checkPathTemplates(values: readonly string[], path: FieldPath, findings: Findings): void {
  values.forEach((value, index) => {
    const at = [...path, index];
    const segments = value.replace(/^\/+|\/+$/g, '').split('/');
    const isTemplate = value.includes('{*}') || value.includes('{**}');
    const rest = segments.indexOf('{**}');
    if (rest >= 0 && segments.slice(rest + 1).some((segment) => segment === '{*}' || segment === '{**}'))
      findings.error(at, `nothing variable may follow {**} in ${JSON.stringify(value)}`, 'Put {**} last.');
    const odd = segments.find(
      (segment) =>
        segment !== '{*}' &&
        segment !== '{**}' &&
        (/[{}]/.test(segment) || (isTemplate && !LITERAL.test(segment))),
    );
    if (odd !== undefined)
      findings.error(
        at,
        `unsupported segment ${JSON.stringify(odd)} in ${JSON.stringify(value)}`,
        'A segment is a literal, {*} or {**}; "*" does not go with these.',
      );
  });
}
