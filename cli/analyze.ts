import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { errorMessage } from '../base/errors.ts';
import { analyze, type KnownServices } from '../istio/analyze.ts';
import { formatViolation } from '../istio/format-violation.ts';
import { compareAge } from '../istio/order.ts';
import { duplicate, faultAtStart, parseDocuments } from '../istio/parse-documents.ts';
import type { Resource } from '../istio/resource.ts';
import { isSuppressed as isSuppressedByOwner, resourceLabel } from '../istio/resource-label.ts';
import type { Violation } from '../istio/violation.ts';

/** istioctl's exit codes: 79 for findings at or above the threshold, 65 for what cannot be parsed at all. */
export const EXIT = { clean: 0, findings: 79, unparsable: 65 } as const;

const LEVELS = ['Info', 'Warning', 'Error'] as const;
export type Level = (typeof LEVELS)[number];

export interface AnalyzeOptions {
  readonly output: 'log' | 'json' | 'yaml';
  /** Codes, or `CODE=Kind name.namespace`. */
  readonly suppress: readonly string[];
  readonly failureThreshold: Level;
  readonly outputThreshold: Level;
  /** Services and workloads of a running mesh; null = files alone, then only those that the files hold. */
  readonly known: KnownServices | null;
}

export interface AnalyzeResult {
  readonly text: string;
  readonly exitCode: number;
}

/** Files and directories (always recursive), read and checked as the controller would. */
export async function analyzePaths(
  paths: readonly string[],
  options: AnalyzeOptions,
): Promise<AnalyzeResult> {
  const violations: Violation[] = [];
  const resources = new Map<string, Resource>();
  const candidates: Resource[] = [];
  let isUnparsable = false;
  for (const file of await expand(paths, violations)) {
    const parsed = parseDocuments(await readFile(file), relative('.', file) || file);
    violations.push(...parsed.violations);
    candidates.push(...parsed.resources);
    isUnparsable ||= parsed.isUnreadable;
  }
  for (const resource of candidates.sort(compareAge)) {
    const label = resourceLabel(resource);
    const first = resources.get(label);
    if (first === undefined) resources.set(label, resource);
    else violations.push(duplicate(resource, first));
  }
  violations.push(...analyze([...resources.values()], options.known));
  return report(
    violations.filter((violation) => !isSuppressed(violation, resources, options.suppress)),
    isUnparsable,
    options,
  );
}

/** Findings that were collected elsewhere, e.g. those of the running controller. */
export function report(
  violations: readonly Violation[],
  isUnparsable: boolean,
  options: AnalyzeOptions,
): AnalyzeResult {
  const shown = violations.filter(
    ({ severity }) => LEVELS.indexOf(severity) >= LEVELS.indexOf(options.outputThreshold),
  );
  const hasFailed = violations.some(
    ({ severity }) => LEVELS.indexOf(severity) >= LEVELS.indexOf(options.failureThreshold),
  );
  return {
    text: format(shown, options.output),
    exitCode: isUnparsable ? EXIT.unparsable : hasFailed ? EXIT.findings : EXIT.clean,
  };
}

function format(violations: readonly Violation[], output: AnalyzeOptions['output']): string {
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

async function expand(paths: readonly string[], violations: Violation[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    try {
      if ((await stat(path)).isDirectory()) {
        const inside = (await readdir(path, { recursive: true }))
          .filter((name) => /\.(ya?ml|json)$/.test(name))
          .sort();
        files.push(...inside.map((name) => join(path, name)));
      } else files.push(path);
    } catch (error) {
      violations.push(faultAtStart(path, `cannot be read: ${errorMessage(error)}`, 'Check the path.'));
    }
  }
  return files;
}
