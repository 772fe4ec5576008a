import type { Clock } from '../../base/clock.ts';

/** Parts of the interval; Envoy's sliding window has as many. */
const SLOTS = 10;

/**
 * How many requests began in the last so many milliseconds, told by a count that only rises: looked at by a timer, so
 * that requests themselves pay nothing.
 */
export class RequestWindow {
  readonly intervalMs: number;
  readonly #clock: Clock;
  readonly #total: () => number;
  /** What the count was at the last looks, the oldest first. */
  #looks: number[];
  #cancel: () => void = () => {};

  constructor(clock: Clock, intervalMs: number, total: () => number) {
    this.intervalMs = intervalMs;
    this.#clock = clock;
    this.#total = total;
    this.#looks = [total()];
    this.#wait();
  }

  get count(): number {
    return this.#total() - (this.#looks[0] ?? 0);
  }

  #wait(): void {
    this.#cancel = this.#clock.after(this.intervalMs / SLOTS, () => {
      this.#looks.push(this.#total());
      if (this.#looks.length > SLOTS) this.#looks.shift();
      this.#wait();
    });
  }

  close(): void {
    this.#cancel();
  }
}
