import type { Clock } from '../../base/clock.ts';

/** Sends spans, or entries of a log; false = they did not arrive. */
export type SendBatch<Item> = (items: readonly Item[]) => Promise<boolean>;

const FLUSH_MS = 1000;
const BATCH = 200;
/** A collector that is just starting again should miss nothing: tried after 2, 4 and 8 s, then given up. */
const MAX_TRIES = 4;
/** A collector that is away must not fill the memory: about 2 MB. */
const MOST = 2000;

/** Items on their way to a collector: sent a second after the first, or when there are many. */
export class ExportQueue<Item> {
  readonly #send: SendBatch<Item>;
  readonly #clock: Clock;
  #waiting: Item[] = [];
  #isSending = false;
  #cancelTimer: (() => void) | null = null;
  /** How often what waits first was sent in vain. */
  #tries = 0;
  sent = 0;
  dropped = 0;

  constructor(clock: Clock, send: SendBatch<Item>) {
    this.#clock = clock;
    this.#send = send;
  }

  push(item: Item): void {
    if (this.#waiting.length >= MOST) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(item);
    if (this.#tries > 0) return;
    if (this.#waiting.length >= BATCH) void this.flush();
    else this.#cancelTimer ??= this.#clock.after(FLUSH_MS, () => void this.flush());
  }

  /** Sends what there is. What does not arrive waits for another try; Envoy's tracers would lose it. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length > 0 && (await this.#sendSome()));
    this.#isSending = false;
  }

  /** Whether to go on at once. */
  async #sendSome(): Promise<boolean> {
    const batch = this.#waiting.slice(0, BATCH);
    const hasArrived = await this.#send(batch);
    this.#tries = hasArrived ? 0 : this.#tries + 1;
    if (!hasArrived && this.#tries < MAX_TRIES) {
      const pauseMs = FLUSH_MS * 2 ** this.#tries;
      this.#cancelTimer ??= this.#clock.after(pauseMs, () => void this.flush());
      return false;
    }
    this.#waiting.splice(0, batch.length);
    this.#tries = 0;
    if (hasArrived) this.sent += batch.length;
    else this.dropped += batch.length;
    return true;
  }
}
