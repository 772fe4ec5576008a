import type { Clock } from '../../base/clock.ts';
import type { OutlierSpec } from '../../model/cluster.ts';
import { type OutlierCounters, OutlierDetector, type OutlierMonitor } from '../policy/outlier.ts';

/**
 * Outlier detection with a clock: one for a cluster and all its successors. Its timer runs only while some host is out
 * or was so lately.
 */
export class Ejections {
  readonly #detector: OutlierDetector;
  readonly #clock: Clock;
  #onChange: () => void = () => {};
  #cancelTick: (() => void) | null = null;

  constructor(spec: OutlierSpec, clock: Clock) {
    this.#clock = clock;
    this.#detector = new OutlierDetector(spec, clock.now());
  }

  get counters(): OutlierCounters {
    return this.#detector.counters;
  }

  get active(): number {
    return this.#detector.ejected;
  }

  /** `onChange` is the newest cluster's: a host went out or came back. */
  configure(spec: OutlierSpec, hosts: Iterable<string>, onChange: () => void): void {
    this.#detector.configure(spec, hosts);
    this.#onChange = onChange;
    this.#schedule();
  }

  monitorOf(host: string): OutlierMonitor | null {
    return this.#detector.monitorOf(host);
  }

  recordStatus(monitor: OutlierMonitor, status: number): void {
    if (this.#detector.recordStatus(monitor, status, this.#clock.now())) this.#ejected();
  }

  recordFailure(monitor: OutlierMonitor, isTimeout: boolean): void {
    if (this.#detector.recordFailure(monitor, isTimeout, this.#clock.now())) this.#ejected();
  }

  recordConnected(monitor: OutlierMonitor, isFinal: boolean): void {
    this.#detector.recordConnected(monitor, isFinal);
  }

  close(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    this.#onChange = () => {};
  }

  #ejected(): void {
    this.#onChange();
    if (this.#cancelTick === null) this.#schedule();
  }

  #schedule(): void {
    this.#cancelTick?.();
    this.#cancelTick = null;
    const now = this.#clock.now();
    const atMs = this.#detector.nextTickAtMs(now);
    if (atMs === null) return;
    this.#cancelTick = this.#clock.after(atMs - now, () => {
      if (this.#detector.tick(this.#clock.now())) this.#onChange();
      this.#schedule();
    });
  }
}
