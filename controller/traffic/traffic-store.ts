/** How far back the graph can look. */
export const KEPT_MS = 15 * 60_000;

/** What agents reported of the last minutes. */
export class TrafficStore {
  readonly #startedMs: number;

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  oldestMs(nowMs: number): number {
    return Math.max(this.#startedMs, nowMs - KEPT_MS);
  }
}
