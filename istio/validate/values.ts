import { RE2JS } from 're2js';
import { parseDurationMs } from '../duration.ts';
import type { FieldPath } from '../field-path.ts';
import { isIpAddress } from '../ip-address.ts';
import type { StringMatch } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';

const LABEL = /^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$/;
export const MAX_REGEX_LENGTH = 1024;

/** DNS-1123 label, as names of subsets and namespaces are. */
export function isDnsLabel(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

/**
 * A DNS name without wildcard. Underscores are allowed, which Istio refuses: compose services may have them.
 */
export function isDnsName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return (
    name !== '' &&
    name.length <= 253 &&
    name.split('.').every((part) => part.length <= 63 && LABEL.test(part))
  );
}

/** A DNS name, an IP address, or a wildcard in the first label: `*`, `*.example.com`, `*-v1.example.com`. */
export function isHost(host: string): boolean {
  if (host === '*' || isIpAddress(host)) return true;
  if (!host.startsWith('*')) return isDnsName(host);
  return isDnsName(host.slice(1).replace(/^[.-]/, ''));
}

/** `*foo.com`: Istio takes it for VirtualServices, and refuses it for Gateways. */
export function isPartialWildcard(host: string): boolean {
  return host.includes('*') && host !== '*' && !host.startsWith('*.');
}

/** Istio takes durations in whole milliseconds from 1 ms up (`ValidateDuration`). */
export function checkDuration(value: string | undefined, path: FieldPath, findings: Findings): void {
  if (value === undefined) return;
  const ms = parseDurationMs(value) ?? 0;
  if (ms < 1)
    findings.error(
      path,
      `the duration ${value} must be at least 1ms`,
      'Leave the field out to switch it off.',
    );
  else if (!Number.isInteger(Number(ms.toFixed(6))))
    findings.error(path, `the duration ${value} must be in whole milliseconds`);
}

/** The reason why a pattern is not RE2, or null. */
export function regexFault(pattern: string): string | null {
  if (pattern === '') return 'the pattern must not be empty';
  if (pattern.length > MAX_REGEX_LENGTH) return `the pattern is longer than ${MAX_REGEX_LENGTH} characters`;
  try {
    RE2JS.compile(pattern);
    return null;
  } catch (error) {
    return `the pattern is not RE2: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** `isPath`: an empty prefix is allowed in `uri` only; `mayBeStar`: `*` as a pattern is allowed in `withoutHeaders`. */
export function checkStringMatch(
  match: StringMatch | null | undefined,
  path: FieldPath,
  findings: Findings,
  { isPath = false, mayBeStar = false } = {},
): void {
  if (match === null || match === undefined) return;
  if (match.prefix === '' && !isPath) findings.error([...path, 'prefix'], 'prefix must not be empty');
  if (match.regex === undefined || (mayBeStar && match.regex === '*')) return;
  const fault = regexFault(match.regex);
  if (fault !== null) {
    findings.error(
      [...path, 'regex'],
      fault,
      'RE2 has no look-around and no back-references: github.com/google/re2/wiki/Syntax',
    );
  }
}

export function checkPort(port: number | undefined, path: FieldPath, findings: Findings): void {
  if (port === undefined || (port >= 1 && port <= 65535)) return;
  findings.error(path, `port number ${port} must be in the range 1..65535`);
}

export function checkPercent(value: number | undefined, path: FieldPath, findings: Findings): void {
  if (value === undefined) return;
  if (value < 0 || value > 100) findings.error(path, `percentage ${value} is not in range 0..100`);
  else if (value > 0 && value < 0.0001) findings.error(path, `percentage ${value} is less than 0.0001`);
}

/** Label keys and values of Kubernetes (`labels.Instance.Validate`). */
export function checkLabels(
  labels: Readonly<Record<string, string>> | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (!LABEL_KEY.test(key)) findings.error([...path, key], `invalid label name ${JSON.stringify(key)}`);
    if (!LABEL_VALUE.test(value))
      findings.error(
        [...path, key],
        `invalid label value ${JSON.stringify(value)}`,
        'At most 63 letters, digits, "-", "_" and ".".',
      );
  }
}

const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

/** Protocols of ports, in any case (`protocol.Parse`). `true` = HTTP family, `false` = others. */
export const HTTP_PROTOCOLS: ReadonlySet<string> = new Set([
  'HTTP',
  'HTTP2',
  'GRPC',
  'GRPC-WEB',
  'HTTP_PROXY',
]);
export const TLS_PROTOCOLS: ReadonlySet<string> = new Set(['HTTPS', 'TLS']);
const OTHER_PROTOCOLS = ['TCP', 'UDP', 'MONGO', 'REDIS', 'MYSQL', 'HBONE'];

export function checkProtocol(protocol: string | undefined, path: FieldPath, findings: Findings): void {
  const upper = (protocol ?? '').toUpperCase();
  const known = [...HTTP_PROTOCOLS, ...TLS_PROTOCOLS, ...OTHER_PROTOCOLS];
  if (upper === '' || known.includes(upper)) return;
  findings.error(path, `unsupported protocol ${JSON.stringify(protocol)}`, `Use one of ${known.join(', ')}.`);
}

export interface ExportToRules {
  /** `.` and this mean the same. */
  readonly namespace: string;
  /** `~`: visible to nobody. */
  readonly mayBeHidden?: boolean;
}

/** `.`, `*`, namespaces; `*` and `~` must be alone. */
export function checkExportTo(
  exportTo: readonly string[] | undefined,
  { namespace, mayBeHidden = false }: ExportToRules,
  findings: Findings,
): void {
  if (exportTo === undefined) return;
  const seen = new Set<string>();
  exportTo.forEach((target, index) => {
    const path = ['exportTo', index];
    const meant = target === '.' ? namespace : target;
    if ((target === '*' || target === '~') && exportTo.length > 1)
      findings.error(path, `no other entry may stand beside "${target}"`, 'Keep one of them.');
    else if (target === '~' && !mayBeHidden)
      findings.error(path, '"~" is allowed for ServiceEntry only', 'Write "." for this namespace alone.');
    else if (target !== '*' && target !== '~' && !isDnsLabel(meant))
      findings.error(path, `invalid namespace ${JSON.stringify(target)}`);
    else if (seen.has(meant))
      findings.error(path, `duplicate entry ${JSON.stringify(target)}`, 'Remove one.');
    seen.add(meant);
  });
}
