import type { OutlierSpec } from '../../model/cluster.ts';

/**
 * Outlier detection of one cluster (Envoy's DetectorImpl, as far as Istio enforces it): counts failures in a row per
 * host, puts hosts out, and lets them back in. No I/O, no timer: it is told what happened and when.
 */

/** What puts a host out, in Envoy's words for its statistics. */
export type EjectionCause =
  | 'consecutive_5xx'
  | 'consecutive_gateway_failure'
  | 'consecutive_local_origin_failure';

export interface OutlierCounters {
  ejections_enforced_total: number;
  /** Due, but too many were out already. */
  ejections_overflow: number;
  readonly detected: Record<EjectionCause, number>;
  readonly enforced: Record<EjectionCause, number>;
}

/** One host's record. Lives for as long as address and workload stay, over any number of snapshots. */
export interface OutlierMonitor {
  readonly counts: Record<EjectionCause, number>;
  /** null = in use. */
  ejectedAtMs: number | null;
  /** Ejections in a row, less one for each quiet interval. */
  backoff: number;
}

/** A host may be out for longer than this only if its base ejection time is (Envoy's max_ejection_time). */
const MAX_EJECTION_MS = 300_000;
/** What failures without an answer count as, unless they are counted apart (Envoy's resultToHttpCode). */
const CONNECT_FAILED = 503;
const TIMED_OUT = 504;

export class OutlierDetector {
  readonly counters: OutlierCounters = {
    ejections_enforced_total: 0,
    ejections_overflow: 0,
    detected: noCounts(),
    enforced: noCounts(),
  };
  #spec: OutlierSpec;
  #monitors = new Map<string, OutlierMonitor>();
  readonly #startedAtMs: number;

  constructor(spec: OutlierSpec, startedAtMs: number) {
    this.#spec = spec;
    this.#startedAtMs = startedAtMs;
  }

  get ejected(): number {
    let count = 0;
    for (const { ejectedAtMs } of this.#monitors.values()) if (ejectedAtMs !== null) count += 1;
    return count;
  }

  /** The hosts and settings of a new snapshot; a host that was known keeps its record, and stays out if it was. */
  configure(spec: OutlierSpec, hosts: Iterable<string>): void {
    this.#spec = spec;
    const known = this.#monitors;
    this.#monitors = new Map();
    for (const host of hosts) {
      this.#monitors.set(host, known.get(host) ?? { counts: noCounts(), ejectedAtMs: null, backoff: 0 });
    }
  }

  monitorOf(host: string): OutlierMonitor | null {
    return this.#monitors.get(host) ?? null;
  }

  /** An answer came. true = the host is out now. */
  recordStatus(monitor: OutlierMonitor, status: number, nowMs: number): boolean {
    const { errorStatuses } = this.#spec;
    if (errorStatuses.length === 0) return this.#count(monitor, status, nowMs);
    return this.#count(monitor, errorStatuses.includes(status) ? 500 : 200, nowMs);
  }

  /** No (whole) answer came. true = the host is out now. */
  recordFailure(monitor: OutlierMonitor, isTimeout: boolean, nowMs: number): boolean {
    if (!this.#spec.splitLocalOrigin)
      return this.#count(monitor, isTimeout ? TIMED_OUT : CONNECT_FAILED, nowMs);
    const threshold = this.#spec.consecutiveLocalOriginFailures;
    return this.#add(monitor, 'consecutive_local_origin_failure', threshold, nowMs);
  }

  /** A connection was made. For plain TCP that is all that can succeed; for HTTP the answer is still to come. */
  recordConnected(monitor: OutlierMonitor, isFinal: boolean): void {
    if (this.#spec.splitLocalOrigin) monitor.counts.consecutive_local_origin_failure = 0;
    else if (isFinal) forgive(monitor);
  }

  #count(monitor: OutlierMonitor, status: number, nowMs: number): boolean {
    if (status < 500) {
      forgive(monitor);
      return false;
    }
    const { consecutiveGatewayErrors, consecutive5xx } = this.#spec;
    const isGatewayError = status >= 502 && status <= 504;
    if (!isGatewayError) monitor.counts.consecutive_gateway_failure = 0;
    else if (this.#add(monitor, 'consecutive_gateway_failure', consecutiveGatewayErrors, nowMs)) return true;
    return this.#add(monitor, 'consecutive_5xx', consecutive5xx, nowMs);
  }

  #add(monitor: OutlierMonitor, cause: EjectionCause, threshold: number, nowMs: number): boolean {
    // Requests that were under way when it was put out say nothing new.
    if (threshold === 0 || monitor.ejectedAtMs !== null) return false;
    monitor.counts[cause] += 1;
    if (monitor.counts[cause] < threshold) return false;
    monitor.counts[cause] = 0;
    this.counters.detected[cause] += 1;
    const percent = (100 * (this.ejected + 1)) / this.#monitors.size;
    if (percent > this.#spec.maxEjectionPercent) {
      this.counters.ejections_overflow += 1;
      return false;
    }
    this.counters.enforced[cause] += 1;
    this.counters.ejections_enforced_total += 1;
    this.#eject(monitor, nowMs);
    return true;
  }

  #eject(monitor: OutlierMonitor, nowMs: number): void {
    const { baseEjectionMs } = this.#spec;
    monitor.ejectedAtMs = nowMs;
    if (monitor.backoff * baseEjectionMs < this.#maxEjectionMs + baseEjectionMs) monitor.backoff += 1;
  }

  get #maxEjectionMs(): number {
    return Math.max(MAX_EJECTION_MS, this.#spec.baseEjectionMs);
  }

  /** The look at each interval's end. true = some host is in use again. */
  tick(nowMs: number): boolean {
    let isChanged = false;
    for (const monitor of this.#monitors.values()) {
      if (monitor.ejectedAtMs === null) {
        if (monitor.backoff > 0) monitor.backoff -= 1;
        continue;
      }
      const outForMs = Math.min(this.#spec.baseEjectionMs * monitor.backoff, this.#maxEjectionMs);
      if (nowMs - monitor.ejectedAtMs < outForMs) continue;
      monitor.ejectedAtMs = null;
      forgive(monitor);
      monitor.counts.consecutive_local_origin_failure = 0;
      isChanged = true;
    }
    return isChanged;
  }

  /** When to look next, on the grid of intervals; null = there is nothing to look at. */
  nextTickAtMs(nowMs: number): number | null {
    const isQuiet = [...this.#monitors.values()].every(
      ({ ejectedAtMs, backoff }) => ejectedAtMs === null && backoff === 0,
    );
    if (isQuiet) return null;
    const { intervalMs } = this.#spec;
    return this.#startedAtMs + (Math.floor((nowMs - this.#startedAtMs) / intervalMs) + 1) * intervalMs;
  }
}

/** Any success starts the counts of answers anew. */
function forgive({ counts }: OutlierMonitor): void {
  counts.consecutive_5xx = 0;
  counts.consecutive_gateway_failure = 0;
}

function noCounts(): Record<EjectionCause, number> {
  return { consecutive_5xx: 0, consecutive_gateway_failure: 0, consecutive_local_origin_failure: 0 };
}
