import { MAX_VARIANTS, type ResponseStore } from './response-store.ts';
import type { StoredHead, StoredResponse } from './stored-response.ts';
import { isSameVariant } from './vary.ts';

/** In memory, gone with the process. Knows no time. */
export class MemoryStore implements ResponseStore {
  readonly #ceilingBytes: number;
  #maxBytes: number;
  #bytes = 0;
  readonly #byUri = new Map<string, readonly StoredResponse[]>();
  /** In the order of their last use, the oldest first. */
  readonly #order = new Set<StoredResponse>();

  /** @param ceilingBytes whatever limit is set later */
  constructor(maxBytes: number, ceilingBytes = Number.POSITIVE_INFINITY) {
    this.#ceilingBytes = ceilingBytes;
    this.#maxBytes = Math.min(maxBytes, ceilingBytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#order.size;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = Math.min(maxBytes, this.#ceilingBytes);
    this.#evict();
  }

  candidates(uri: string): readonly StoredResponse[] {
    return this.#byUri.get(uri) ?? NONE;
  }

  load(stored: StoredHead): StoredResponse | undefined {
    return this.candidates(stored.uri).find((each) => each === stored);
  }

  touch(stored: StoredHead): void {
    const whole = stored as StoredResponse;
    if (this.#order.delete(whole)) this.#order.add(whole);
  }

  put(stored: StoredResponse): void {
    const old = this.candidates(stored.uri).find((other) => isSameVariant(stored, other));
    if (old !== undefined) this.delete(old);
    if (stored.bytes > this.#maxBytes) return;
    const [oldest] = this.candidates(stored.uri);
    if (oldest !== undefined && this.candidates(stored.uri).length >= MAX_VARIANTS) this.delete(oldest);
    this.#byUri.set(stored.uri, [...this.candidates(stored.uri), stored]);
    this.#order.add(stored);
    this.#bytes += stored.bytes;
    this.#evict();
  }

  delete(stored: StoredHead): void {
    if (!this.#order.delete(stored as StoredResponse)) return;
    this.#bytes -= stored.bytes;
    const rest = this.candidates(stored.uri).filter((other) => other !== stored);
    if (rest.length === 0) this.#byUri.delete(stored.uri);
    else this.#byUri.set(stored.uri, rest);
  }

  invalidate(uri: string): void {
    for (const stored of this.candidates(uri)) this.delete(stored);
  }

  close(): void {}

  #evict(): void {
    for (const oldest of this.#order) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }
}

const NONE: readonly StoredResponse[] = [];
