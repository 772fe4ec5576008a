import type { Labels } from '../model/labels.ts';

/**
 * Our own annotations of a VirtualService, for tests alone: traffic that comes out the same each time (docs/testing.md).
 * They are refused outside of a test mesh.
 */
export const TEST_ANNOTATION = {
  weights: 'lateen.test/weights',
  failRequests: 'lateen.test/fail-requests',
  faultAt: 'lateen.test/fault-at',
} as const;

export const TEST_PREFIX = 'lateen.test/';

/** Each hundred requests are split exactly; with a seed in an order that only looks like chance. */
export interface ExactSplit {
  /** null = spread as evenly as can be. */
  readonly seed: number | null;
}

/** Where faults are done: by the callee's proxy, so that the caller's retries, timeouts and ejection see them. */
export interface CalleeFault {
  /** Only containers with these labels. */
  readonly labels: Labels;
}

/** First and last, counted from 1. */
export type RequestRange = readonly [first: number, last: number];

/** `exact`, or `seed=42`; null = it is neither. */
export function parseExactWeights(text: string): ExactSplit | null {
  if (text.trim() === 'exact') return { seed: null };
  const [, digits] = /^\s*seed\s*=\s*([0-9]{1,9})\s*$/.exec(text) ?? [];
  return digits === undefined ? null : { seed: Number(digits) };
}

/** `1,2,5-7`; null = it is no such list. */
export function parseRequestRanges(text: string): readonly RequestRange[] | null {
  const ranges: RequestRange[] = [];
  for (const part of text.split(',')) {
    const [, from = '', to = from] =
      /^\s*([1-9][0-9]{0,8})(?:\s*-\s*([1-9][0-9]{0,8}))?\s*$/.exec(part) ?? [];
    if (from === '' || Number(to) < Number(from)) return null;
    ranges.push([Number(from), Number(to)]);
  }
  return ranges;
}

/** `caller` (Istio's way) gives null; `callee`, or `callee, version=v2`; undefined = it is none of these. */
export function parseFaultAt(text: string): CalleeFault | null | undefined {
  const [place, ...parts] = text.split(',').map((part) => part.trim());
  if (place === 'caller' && parts.length === 0) return null;
  if (place !== 'callee') return undefined;
  const labels: Record<string, string> = {};
  for (const part of parts) {
    const [, name = '', value = ''] = /^([^=\s]+)\s*=\s*(\S+)$/.exec(part) ?? [];
    if (name === '') return undefined;
    labels[name] = value;
  }
  return { labels };
}
