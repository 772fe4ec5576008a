import { BUCKETS } from '../../base/metrics.ts';
import type { EdgeReport } from '../../model/traffic.ts';
import { type Outcome, type Outcomes, otherThan } from './outcomes.ts';
import { addTo, pairsOf, type Tally } from './tally.ts';

/** What was counted of one series in one step of time, or in several together. */
export interface TrafficCell {
  outcomes: Tally<Outcome>;
  /** By bucket (base/metrics.ts). */
  durations: Tally<number>;
  sentBytes: number;
  receivedBytes: number;
  opened: number;
  /** TCP connections open at its end. */
  open: number;
}

/** Of one cell; what is beyond is counted as `other`. */
const MAX_OUTCOMES = 24;

export function emptyCell(): TrafficCell {
  return { outcomes: [], durations: [], sentBytes: 0, receivedBytes: 0, opened: 0, open: 0 };
}

export function addReport(cell: TrafficCell, report: EdgeReport, outcomes: Outcomes): void {
  for (const each of report.outcomes) addOutcome(cell, outcomes.of(report, each), each.count);
  for (const [bucket, count] of report.durations) cell.durations = addTo(cell.durations, bucket, count);
  cell.sentBytes += report.sentBytes;
  cell.receivedBytes += report.receivedBytes;
  cell.opened += report.opened;
}

export function addCell(sum: TrafficCell, cell: TrafficCell): void {
  const { outcomes, durations } = cell;
  for (let at = 0; at < outcomes.length; at += 2)
    addOutcome(sum, outcomes[at] as Outcome, outcomes[at + 1] as number);
  for (let at = 0; at < durations.length; at += 2)
    sum.durations = addTo(sum.durations, durations[at] as number, durations[at + 1] as number);
  sum.sentBytes += cell.sentBytes;
  sum.receivedBytes += cell.receivedBytes;
  sum.opened += cell.opened;
  sum.open = cell.open;
}

/** Only what never got beyond the caller's proxy. */
export function unreachedOf(cell: TrafficCell): TrafficCell {
  const unreached = pairsOf(cell.outcomes).filter(([{ isUnreached }]) => isUnreached);
  return { ...emptyCell(), outcomes: unreached.flat() };
}

export function countOf({ outcomes }: TrafficCell): number {
  let count = 0;
  for (let at = 1; at < outcomes.length; at += 2) count += outcomes[at] as number;
  return count;
}

export function errorsOf({ outcomes }: TrafficCell): number {
  let errors = 0;
  for (const [{ isError }, count] of pairsOf(outcomes)) if (isError) errors += count;
  return errors;
}

function addOutcome(cell: TrafficCell, outcome: Outcome, count: number): void {
  const isFull = cell.outcomes.length >= 2 * MAX_OUTCOMES && !cell.outcomes.includes(outcome);
  cell.outcomes = addTo(cell.outcomes, isFull ? otherThan(outcome) : outcome, count);
}

/** Milliseconds, by linear interpolation within the bucket, as PromQL's `histogram_quantile`; null = nothing was timed. */
export function quantile({ durations }: TrafficCell, share: number): number | null {
  const counts = new Array<number>(BUCKETS.length + 1).fill(0);
  let total = 0;
  for (const [bucket, count] of pairsOf(durations)) {
    counts[bucket] = count;
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
