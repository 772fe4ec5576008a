import type { StoredResponse } from './stored-response.ts';
import { isSameVariant } from './vary.ts';

/** Answers to one URI that `Vary` tells apart: a caller who makes values up must not make the search for one long. */
const MAX_VARIANTS = 64;

/**
 * Whole answers in memory, those used last kept longest. Never larger than its limit; knows no time and no HTTP but
 * what `Vary` tells apart.
 */
export class ResponseStore {
  #maxBytes: number;
  #bytes = 0;
  readonly #byUri = new Map<string, readonly StoredResponse[]>();
  /** In the order of their last use, the oldest first. */
  readonly #order = new Set<StoredResponse>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#order.size;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  candidates(uri: string): readonly StoredResponse[] {
    return this.#byUri.get(uri) ?? NONE;
  }

  touch(stored: StoredResponse): void {
    if (this.#order.delete(stored)) this.#order.add(stored);
  }

  /** In place of the answer to the same requests, if there is one. */
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

  delete(stored: StoredResponse): void {
    if (!this.#order.delete(stored)) return;
    this.#bytes -= stored.bytes;
    const rest = this.candidates(stored.uri).filter((other) => other !== stored);
    if (rest.length === 0) this.#byUri.delete(stored.uri);
    else this.#byUri.set(stored.uri, rest);
  }

  /** Every answer to that URI, of whatever rule (RFC 9111 §4.4). */
  invalidate(uri: string): void {
    for (const stored of this.candidates(uri)) this.delete(stored);
  }

  #evict(): void {
    for (const oldest of this.#order) {
      if (this.#bytes <= this.#maxBytes) return;
      this.delete(oldest);
    }
  }
}

const NONE: readonly StoredResponse[] = [];
