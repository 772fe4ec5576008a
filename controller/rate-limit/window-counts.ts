interface Window {
  readonly endsAtMs: number;
  count: number;
}

/** Beyond it the oldest windows are forgotten: about 20 MB. */
const MAX_WINDOWS = 100_000;
/** How often windows that are over are let go. */
const SWEEP_MS = 60_000;

/** Counts in fixed windows of the wall clock, as envoyproxy/ratelimit keeps them in Redis. In memory alone. */
export class WindowCounts {
  readonly #windows = new Map<string, Window>();
  readonly #max: number;
  #sweptAtMs = 0;

  constructor(max = MAX_WINDOWS) {
    this.#max = max;
  }

  get size(): number {
    return this.#windows.size;
  }

  /** The count with these hits, and when it begins anew. */
  add(key: string, hits: number, lengthMs: number, nowMs: number): { count: number; endsAtMs: number } {
    const known = this.#windows.get(key);
    if (known !== undefined && nowMs < known.endsAtMs) {
      known.count += hits;
      return known;
    }
    this.#makeRoom(nowMs);
    const window = { endsAtMs: (Math.floor(nowMs / lengthMs) + 1) * lengthMs, count: hits };
    // Behind all others, as the newest.
    this.#windows.delete(key);
    this.#windows.set(key, window);
    return window;
  }

  #makeRoom(nowMs: number): void {
    if (nowMs - this.#sweptAtMs >= SWEEP_MS || this.#windows.size >= this.#max) {
      this.#sweptAtMs = nowMs;
      for (const [key, { endsAtMs }] of this.#windows) if (endsAtMs <= nowMs) this.#windows.delete(key);
    }
    const [oldest] = this.#windows.size >= this.#max ? this.#windows.keys() : [];
    if (oldest !== undefined) this.#windows.delete(oldest);
  }
}
