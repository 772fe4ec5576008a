export type Verdict = 'ok' | 'warning' | 'error' | 'unknown';

export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly found: string;
  /** What to do; '' = nothing. */
  readonly remedy: string;
}

export const ok = (check: string, found: string): Finding => ({ check, verdict: 'ok', found, remedy: '' });

export const finding = (verdict: Verdict, check: string, found: string, remedy: string): Finding => ({
  check,
  verdict,
  found,
  remedy,
});

/** `2.26.1` is at least 2.20. */
export function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, first, second] = (/(\d+)\.(\d+)/.exec(version) ?? ['', '0', '0']).map(Number);
  return (first ?? 0) > major || (first === major && (second ?? 0) >= minor);
}

const GIGABYTE = 1024 ** 3;

export const gigabytes = (bytes: number) => `${(bytes / GIGABYTE).toFixed(1)} GB`;
