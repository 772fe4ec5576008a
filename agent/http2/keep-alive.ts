import type { Clock } from '../../base/clock.ts';
import type { ConnectionSpec } from '../../model/cluster.ts';

/** Asks a host from time to time whether it is still there, and gives its connection up if it does not say so. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #spec: NonNullable<ConnectionSpec['http2KeepAlive']>;
  readonly #ask: () => void;
  readonly #onDead: () => void;
  #cancel: () => void = () => {};

  constructor(
    clock: Clock,
    spec: NonNullable<ConnectionSpec['http2KeepAlive']>,
    ask: () => void,
    onDead: () => void,
  ) {
    this.#clock = clock;
    this.#spec = spec;
    this.#ask = ask;
    this.#onDead = onDead;
    this.onAlive();
  }

  /** The host has answered: it is asked again later. */
  onAlive(): void {
    this.#cancel();
    this.#cancel = this.#clock.after(this.#spec.intervalMs, () => {
      this.#cancel = this.#clock.after(this.#spec.timeoutMs, this.#onDead);
      this.#ask();
    });
  }

  stop(): void {
    this.#cancel();
  }
}
