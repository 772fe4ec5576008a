import { BUCKETS } from '../../base/metrics.ts';
import type { EdgeReport } from '../../model/traffic.ts';

/** What was counted of one series in one step of time, or in several together. */
export interface TrafficCell {
  /** By outcome: `503 UH`, `200`, `gRPC 14 UF`; of TCP `` and flags. */
  readonly outcomes: Map<string, Outcome>;
  /** Pairs of bucket and count, flat: most durations fall into a few buckets. */
  readonly durations: number[];
  sentBytes: number;
  receivedBytes: number;
  opened: number;
  /** TCP connections open at its end. */
  open: number;
}

export interface Outcome {
  readonly isError: boolean;
  /** The caller's proxy gave the answer itself: the other side's has never seen the request. */
  readonly isUnreached: boolean;
  count: number;
}

/** Of one step; what is beyond is counted as `other`. */
const MAX_OUTCOMES = 24;

export function emptyCell(): TrafficCell {
  return { outcomes: new Map(), durations: [], sentBytes: 0, receivedBytes: 0, opened: 0, open: 0 };
}

export function addReport(cell: TrafficCell, report: EdgeReport): void {
  for (const each of report.outcomes) {
    const name = outcomeName(report.protocol, each);
    addOutcome(cell, name, {
      count: each.count,
      isError: isError(report.protocol, each),
      isUnreached: report.reporter === 'source' && isUnreached(each.flags),
    });
  }
  for (const [bucket, count] of report.durations) addDuration(cell, bucket, count);
  cell.sentBytes += report.sentBytes;
  cell.receivedBytes += report.receivedBytes;
  cell.opened += report.opened;
}

export function addCell(
  sum: TrafficCell,
  { outcomes, durations, sentBytes, receivedBytes, opened, open }: TrafficCell,
): void {
  for (const [name, outcome] of outcomes) addOutcome(sum, name, outcome);
  for (let at = 0; at < durations.length; at += 2)
    addDuration(sum, durations[at] as number, durations[at + 1] as number);
  sum.sentBytes += sentBytes;
  sum.receivedBytes += receivedBytes;
  sum.opened += opened;
  sum.open = open;
}

/** Only what never got beyond the caller's proxy. */
export function unreachedOf(cell: TrafficCell): TrafficCell {
  const outcomes = new Map([...cell.outcomes].filter(([, { isUnreached }]) => isUnreached));
  return { ...emptyCell(), outcomes };
}

export function countOf({ outcomes }: TrafficCell): number {
  let count = 0;
  for (const outcome of outcomes.values()) count += outcome.count;
  return count;
}

function addOutcome(cell: TrafficCell, name: string, { count, isError, isUnreached }: Outcome): void {
  const key =
    cell.outcomes.has(name) || cell.outcomes.size < MAX_OUTCOMES ? name : isError ? 'other errors' : 'other';
  const known = cell.outcomes.get(key);
  if (known === undefined) cell.outcomes.set(key, { count, isError, isUnreached });
  else known.count += count;
}

function addDuration(cell: TrafficCell, bucket: number, count: number): void {
  const { durations } = cell;
  for (let at = 0; at < durations.length; at += 2) {
    if (durations[at] !== bucket) continue;
    durations[at + 1] = (durations[at + 1] as number) + count;
    return;
  }
  durations.push(bucket, count);
}

type Told = EdgeReport['outcomes'][number];

function outcomeName(protocol: EdgeReport['protocol'], { code, flags, grpcStatus }: Told): string {
  const answer = protocol === 'tcp' ? '' : grpcStatus === '' ? String(code) : `gRPC ${grpcStatus}`;
  return flags === '' ? answer : `${answer} ${flags}`.trim();
}

/** Of gRPC's statuses those that Envoy counts as the server's failures; see agent/tracing/span-tags.ts. */
const GRPC_ERRORS: ReadonlySet<string> = new Set(['2', '4', '8', '10', '12', '13', '14', '15']);

function isError(protocol: EdgeReport['protocol'], { code, flags, grpcStatus }: Told): boolean {
  if (protocol === 'tcp') return flags !== '';
  return grpcStatus === '' ? code >= 500 || code === 0 : GRPC_ERRORS.has(grpcStatus);
}

/** Flags with which the caller's own proxy answers without the other's having taken the request. */
const UNREACHED: ReadonlySet<string> = new Set([
  ...['UH', 'UF', 'UO', 'NR', 'NC', 'UC', 'DF', 'FI', 'RL', 'RLSE', 'UAEX', 'DPE', 'IH', 'OM', 'LH', 'NFCF'],
]);

function isUnreached(flags: string): boolean {
  return flags !== '' && flags.split(',').some((flag) => UNREACHED.has(flag));
}

/** Milliseconds, by linear interpolation within the bucket, as PromQL's `histogram_quantile`; null = nothing was timed. */
export function quantile({ durations }: TrafficCell, share: number): number | null {
  const counts = new Array<number>(BUCKETS.length + 1).fill(0);
  let total = 0;
  for (let at = 0; at < durations.length; at += 2) {
    const count = durations[at + 1] as number;
    counts[durations[at] as number] = count;
    total += count;
  }
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = bucket === 0 ? 0 : (BUCKETS[bucket - 1] as number);
      const upper = BUCKETS[bucket] ?? lower;
      return Math.round((lower + ((upper - lower) * (rank - below)) / count) * 100) / 100;
    }
    below += count;
  }
  return BUCKETS.at(-1) ?? null;
}
