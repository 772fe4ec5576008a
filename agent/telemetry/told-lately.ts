import type { Clock } from '../../base/clock.ts';

/** More than any one machine has to tell of; then all may be told again. */
const MAX_REMEMBERED = 1000;

/** What the log was told lately: who tries again and again is told of once in a while. */
export class ToldLately {
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #at = new Map<string, number>();

  constructor(clock: Clock, silenceMs: number) {
    this.#clock = clock;
    this.#silenceMs = silenceMs;
  }

  /** Whether it is to be told (again); remembers it then. */
  isNews(key: string): boolean {
    const now = this.#clock.now();
    const last = this.#at.get(key);
    if (last !== undefined && now - last < this.#silenceMs) return false;
    if (this.#at.size >= MAX_REMEMBERED) this.#at.clear();
    this.#at.set(key, now);
    return true;
  }
}
