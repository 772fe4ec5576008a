import type { TrafficReport } from '../model/traffic.ts';
import type { EventHub } from './console/event-hub.ts';
import { KEPT_MS, type Reporter, type TrafficStore } from './traffic/traffic-store.ts';

/** Puts what agents report into the store, and tells the console that there is something new to see. */
export class TrafficIntake {
  readonly #store: TrafficStore;
  readonly #events: EventHub;
  readonly #wall: () => number;
  #lastReportMs = 0;

  /** @param wall milliseconds since 1970 */
  constructor(store: TrafficStore, events: EventHub, wall: () => number) {
    this.#store = store;
    this.#events = events;
    this.#wall = wall;
  }

  add(reporter: Reporter, report: TrafficReport): void {
    this.#lastReportMs = this.#wall();
    const haveEjectionsChanged = this.#store.add(reporter, report, this.#lastReportMs);
    this.#events.changed('traffic', ...(haveEjectionsChanged ? (['services', 'workloads'] as const) : []));
  }

  /** Once a second. Pages look again for as long as they may show the end of something, although nothing comes any more. */
  tick(): void {
    const nowMs = this.#wall();
    this.#store.tick(nowMs);
    if (nowMs - this.#lastReportMs < KEPT_MS) this.#events.changed('traffic');
  }

  forget(container: string): void {
    this.#store.forget(container);
    this.#events.changed('status', 'workloads');
  }
}
