import type { Clock } from '../../base/clock.ts';
import type { H2Session } from '../codec/h2/session.ts';

/** Envoy's `request_headers_timeout`: a frame, or a head of several, that is not whole in time ends the connection. */
export class SlowHeads {
  readonly #session: H2Session;
  readonly #clock: Clock;
  /** 0 = no limit. */
  readonly #limitMs: () => number;
  readonly #onSlow: () => void;
  #cancel: (() => void) | null = null;

  constructor(session: H2Session, clock: Clock, limitMs: () => number, onSlow: () => void) {
    this.#session = session;
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#onSlow = onSlow;
  }

  onRead(): void {
    if (!this.#session.isWithinFrame || this.#cancel !== null) return;
    const limitMs = this.#limitMs();
    if (limitMs > 0) this.#watch(limitMs);
  }

  #watch(limitMs: number): void {
    const { wholeFrames } = this.#session;
    this.#cancel = this.#clock.after(limitMs, () => {
      this.#cancel = null;
      if (!this.#session.isWithinFrame || this.#session.isClosed) return;
      // It may be the end of another one by now.
      if (this.#session.wholeFrames === wholeFrames) this.#onSlow();
      else this.#watch(limitMs);
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
