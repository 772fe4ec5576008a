import type { Clock } from '../../base/clock.ts';
import type { Span } from '../../model/span.ts';

/** Sends spans; false = they did not arrive. */
export type SendSpans = (spans: readonly Span[]) => Promise<boolean>;

const FLUSH_MS = 1000;
const BATCH = 200;
/** A collector that is away must not fill the memory: about 2 MB. */
const MOST = 2000;

/** Spans on their way to a collector: sent a second after the first, or when there are many. */
export class SpanQueue {
  readonly #send: SendSpans;
  readonly #clock: Clock;
  #waiting: Span[] = [];
  #isSending = false;
  #cancelTimer: (() => void) | null = null;
  sent = 0;
  dropped = 0;

  constructor(clock: Clock, send: SendSpans) {
    this.#clock = clock;
    this.#send = send;
  }

  push(span: Span): void {
    if (this.#waiting.length >= MOST) {
      this.dropped += 1;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH) void this.flush();
    else this.#cancelTimer ??= this.#clock.after(FLUSH_MS, () => void this.flush());
  }

  /** Sends what there is; what does not arrive is lost, as with Envoy's tracers. */
  async flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      if (await this.#send(batch)) this.sent += batch.length;
      else this.dropped += batch.length;
    }
    this.#isSending = false;
  }
}
