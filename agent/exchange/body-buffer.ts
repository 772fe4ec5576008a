import type { Headers } from '../codec/head.ts';

/** Envoy's default for `per_connection_buffer_limit_bytes`: a larger body cannot be sent again. */
export const MAX_KEPT_BYTES = 1024 * 1024;

/**
 * A request's body on its way: what has come but is not sent yet, and, as long as it may have to be sent again, all
 * that came.
 */
export class BodyBuffer {
  readonly #chunks: Buffer[] = [];
  #sent = 0;
  #bytes = 0;
  #isKept: boolean;
  isEnded = false;
  trailers: Headers | null = null;

  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  /** The whole body so far is still here, so that another attempt can be made. */
  get isReplayable(): boolean {
    return this.#isKept;
  }

  get hasUnsent(): boolean {
    return this.#sent < this.#chunks.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_KEPT_BYTES) this.stopKeeping();
  }

  /** The next chunk to send; undefined = none has come. */
  shift(): Buffer | undefined {
    if (this.#isKept) {
      const chunk = this.#chunks[this.#sent];
      if (chunk !== undefined) this.#sent += 1;
      return chunk;
    }
    return this.#chunks.shift();
  }

  /** The answer has begun, or the body is too large: what was sent is let go. */
  stopKeeping(): void {
    if (!this.#isKept) return;
    this.#isKept = false;
    this.#chunks.splice(0, this.#sent);
    this.#sent = 0;
  }

  /** Another attempt: everything is to be sent again. */
  rewind(): void {
    this.#sent = 0;
  }
}
