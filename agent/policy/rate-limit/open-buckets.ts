import type { LocalDescriptorSpec } from '../../../model/rate-limit.ts';
import type { Descriptor } from './descriptors.ts';
import { TokenBucket } from './token-bucket.ts';

/**
 * A descriptor with open values: each combination of values that comes has a bucket of its own. Bounded: the one that
 * was used least recently makes room, since it is the likeliest to be full again, and a full one says nothing.
 */
export class OpenBuckets {
  readonly #spec: LocalDescriptorSpec;
  readonly #max: number;
  /** In the order of their use. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(spec: LocalDescriptorSpec, max: number) {
    this.#spec = spec;
    this.#max = max;
  }

  get size(): number {
    return this.#buckets.size;
  }

  fits(entries: Descriptor['entries']): boolean {
    const wanted = this.#spec.entries;
    if (wanted.length !== entries.length) return false;
    return entries.every(([key, value], index) => {
      const [wantedKey, wantedValue] = wanted[index] ?? ['', ''];
      return key === wantedKey && (wantedValue === '' || value === wantedValue);
    });
  }

  of(values: string, nowMs: number): TokenBucket {
    const known = this.#buckets.get(values);
    if (known !== undefined) {
      this.#buckets.delete(values);
      this.#buckets.set(values, known);
      return known;
    }
    if (this.#buckets.size >= this.#max) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    const made = new TokenBucket(this.#spec.bucket, nowMs);
    this.#buckets.set(values, made);
    return made;
  }
}
