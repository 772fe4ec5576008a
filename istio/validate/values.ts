import { RE2JS } from 're2js';
import { parseDurationMs } from '../duration.ts';
import type { FieldPath } from '../field-path.ts';
import { isIpAddress } from '../host.ts';
import type { StringMatch } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';

const LABEL = /^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$/;
export const MAX_REGEX_LENGTH = 1024;

/** DNS-1123 label, as names of subsets and namespaces are. */
export function isDnsLabel(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

/** A full host name or a wildcard with a leading `*.`; also an IP address. */
export function isHost(host: string): boolean {
  if (host === '*' || isIpAddress(host)) return true;
  const name = host.startsWith('*.') ? host.slice(2) : host;
  return (
    name.length <= 253 &&
    name !== '' &&
    name.split('.').every((part) => part.length <= 63 && LABEL.test(part))
  );
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

/** `.`, `*`, namespaces; `*` must be alone. */
export function checkExportTo(exportTo: readonly string[] | undefined, findings: Findings): void {
  if (exportTo === undefined) return;
  exportTo.forEach((target, index) => {
    const path = ['exportTo', index];
    if (target === '*' && exportTo.length > 1)
      findings.error(path, '"*" exports to all: no other entry may stand beside it');
    else if (target === '~') findings.error(path, '"~" is allowed for ServiceEntry only');
    else if (target !== '*' && target !== '.' && !isDnsLabel(target))
      findings.error(path, `invalid namespace ${JSON.stringify(target)}`);
    else if (exportTo.indexOf(target) !== index)
      findings.error(path, `duplicate entry ${JSON.stringify(target)}`);
  });
}
