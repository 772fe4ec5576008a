import { stringify } from 'yaml';
import { analyze, type KnownServices } from '../../istio/analyze.ts';
import { formatViolation } from '../../istio/format-violation.ts';
import type { Resource } from '../../istio/resource.ts';
import { isSuppressed as isSuppressedByOwner } from '../../istio/resource-label.ts';
import type { Violation } from '../../istio/violation.ts';
import type { ReadConfig } from './read-config.ts';

/** istioctl's exit codes: 79 for findings at or above the threshold, 65 for what cannot be parsed at all. */
export const EXIT = { clean: 0, failed: 1, unparsable: 65, findings: 79 } as const;

export const LEVELS = ['Info', 'Warning', 'Error'] as const;
export type Level = (typeof LEVELS)[number];
export type ReportFormat = 'log' | 'json' | 'yaml';

export interface ReportOptions {
  readonly output: ReportFormat;
  /** Codes, or `CODE=Kind name.namespace`. */
  readonly suppress: readonly string[];
  readonly failureThreshold: Level;
  readonly outputThreshold: Level;
}

export interface ReportResult {
  readonly text: string;
  /** How many findings the text shows. */
  readonly count: number;
  readonly exitCode: number;
}

/** What the documents say together, and against what is known; null = nothing is known but the files. */
export function analyzeConfig(config: ReadConfig, known: KnownServices | null): Violation[] {
  return [...config.violations, ...analyze([...config.resources.values()], known)];
}

/** Findings as they are printed, and the exit status that follows from them. */
export function report(
  violations: readonly Violation[],
  { resources, isUnparsable }: ReadConfig,
  options: ReportOptions,
): ReportResult {
  const kept = violations.filter((violation) => !isSuppressed(violation, resources, options.suppress));
  const hasFailed = kept.some(isAtLeast(options.failureThreshold));
  const shown = kept.filter(isAtLeast(options.outputThreshold));
  return {
    text: format(shown, options.output),
    count: shown.length,
    exitCode: isUnparsable ? EXIT.unparsable : hasFailed ? EXIT.findings : EXIT.clean,
  };
}

const isAtLeast =
  (level: Level) =>
  ({ severity }: Violation) =>
    LEVELS.indexOf(severity) >= LEVELS.indexOf(level);

function format(violations: readonly Violation[], output: ReportFormat): string {
  if (output === 'json') return JSON.stringify(violations, null, 2);
  if (output === 'yaml') return stringify(violations).trimEnd();
  return violations.length === 0
    ? '✔ No validation issues found.'
    : violations.map(formatViolation).join('\n');
}

function isSuppressed(
  violation: Violation,
  resources: ReadonlyMap<string, Resource>,
  suppress: readonly string[],
): boolean {
  const owner = resources.get(violation.resource);
  if (owner !== undefined && isSuppressedByOwner(owner, violation.code)) return true;
  const [kind = '', path = ''] = violation.resource.split(' ');
  const [namespace = '', name = ''] = path.split('/');
  return suppress.some((entry) => {
    const [code, target] = entry.split('=');
    return (
      code === violation.code && (target === undefined || matchesGlob(target, `${kind} ${name}.${namespace}`))
    );
  });
}

function matchesGlob(pattern: string, text: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(text);
}
