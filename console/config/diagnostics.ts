import type { ViolationView } from '../../model/console.ts';

/** A violation at the very characters that it is about. */
export interface Diagnostic {
  readonly from: number;
  readonly to: number;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly remedy: string;
  readonly code: string;
}

const SEVERITIES = { Error: 'error', Warning: 'warning', Info: 'info' } as const;

/** Violations of a file, in the order of its text. */
export function diagnosticsOf(text: string, violations: readonly ViolationView[]): Diagnostic[] {
  return violations
    .map((violation) => ({
      ...rangeAt(text, violation),
      severity: SEVERITIES[violation.severity],
      message: violation.message,
      remedy: violation.remedy,
      code: violation.code,
    }))
    .sort((a, b) => a.from - b.from);
}

/** The key or word that begins there; the line's content where none does; the first line where the place is not known. */
function rangeAt(text: string, { line, column, path }: ViolationView): { from: number; to: number } {
  const lines = text.split('\n');
  const index = Math.min(Math.max(line, 1), lines.length) - 1;
  const lineFrom = lines.slice(0, index).reduce((sum, each) => sum + each.length + 1, 0);
  const content = (lines[index] ?? '').trimEnd();
  // What is found across documents knows the line alone
  const named = column > 1 ? null : keyInLine(content, path);
  const start = Math.min(named ?? Math.max(column, 1) - 1, content.length);
  const word = /^("[^"]*"|'[^']*'|[^\s:{}[\],]+)/.exec(content.slice(start))?.[0] ?? '';
  if (word !== '') return { from: lineFrom + start, to: lineFrom + start + word.length };
  const indent = content.length - content.trimStart().length;
  return { from: lineFrom + indent, to: lineFrom + content.length };
}

/** Where the last field of a path stands in a line. */
function keyInLine(line: string, path: string): number | null {
  const key = /([\w-]+)(\[\d+\])?$/.exec(path)?.[1];
  const match = key === undefined ? null : new RegExp(`(^|[\\s{,])${key}["']?\\s*:`).exec(line);
  return match === null ? null : match.index + (match[1]?.length ?? 0);
}
