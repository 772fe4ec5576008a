import { ProtocolError } from '../protocol-error.ts';

/**
 * Limits on what a peer can make us do for next to nothing. A leaky bucket each: what is useful refills at once, time
 * refills slowly, so that a quiet connection may ping for years.
 */

/** PING, SETTINGS, PRIORITY, empty DATA, WINDOW_UPDATE, unknown frames in a row; Envoy's limit of control frames. */
const MAX_IDLE_WORK = 1000;
/** What one frame of use pays for: a window update for each of a few streams, a ping beside it. */
const USEFUL_FRAME_PAYS = 10;
const IDLE_WORK_PER_MS = 0.1;

/** Requests that were cancelled at once, before their answer, or that broke the protocol; Envoy's limit. */
const MAX_WASTED_STREAMS = 500;
/** Who cancels later than this has waited for an answer; Envoy's `premature_reset_min_stream_lifetime_seconds`. */
export const PREMATURE_MS = 1000;
const WASTED_STREAMS_PER_MS = 0.05;

export class FloodGuard {
  #idleWork = 0;
  #wastedStreams = 0;
  /** Of the read at hand. */
  nowMs = 0;

  /** Called once per read. */
  advance(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.nowMs);
    this.nowMs = nowMs;
    if (this.#idleWork > 0) this.#idleWork = Math.max(0, this.#idleWork - elapsedMs * IDLE_WORK_PER_MS);
    if (this.#wastedStreams > 0) {
      this.#wastedStreams = Math.max(0, this.#wastedStreams - elapsedMs * WASTED_STREAMS_PER_MS);
    }
  }

  /** @throws ProtocolError `h2_flood` */
  countIdleWork(): void {
    this.#idleWork += 1;
    if (this.#idleWork > MAX_IDLE_WORK) throw new ProtocolError('h2_flood', 'too many frames of no use', 429);
  }

  countUseful(): void {
    if (this.#idleWork > 0) this.#idleWork = Math.max(0, this.#idleWork - USEFUL_FRAME_PAYS);
  }

  /**
   * A request that cost work and gets no answer (rapid reset, CVE-2023-44487, and its turn, CVE-2025-8671).
   * @throws ProtocolError `h2_flood`
   */
  countWastedStream(): void {
    this.#wastedStreams += 1;
    if (this.#wastedStreams > MAX_WASTED_STREAMS) {
      throw new ProtocolError('h2_flood', 'too many requests are reset', 429);
    }
  }

  countAnsweredStream(): void {
    if (this.#wastedStreams > 0) this.#wastedStreams = Math.max(0, this.#wastedStreams - 1);
  }
}
