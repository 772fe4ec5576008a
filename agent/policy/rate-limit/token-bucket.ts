import type { TokenBucketSpec } from '../../../model/rate-limit.ts';

/** Tokens come evenly over time, as in Envoy's: counted when somebody looks, so that no timer is needed. */
export class TokenBucket {
  readonly spec: TokenBucketSpec;
  readonly perMs: number;
  #tokens: number;
  #atMs: number;

  constructor(spec: TokenBucketSpec, nowMs: number) {
    this.spec = spec;
    this.perMs = spec.tokensPerFill / spec.fillIntervalMs;
    this.#tokens = spec.maxTokens;
    this.#atMs = nowMs;
  }

  has(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= 1;
  }

  /** false = there is none to take. */
  take(nowMs: number): boolean {
    if (!this.has(nowMs)) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Whole tokens. */
  remaining(nowMs: number): number {
    this.#fill(nowMs);
    return Math.floor(this.#tokens);
  }

  /** Until a token is there; 0 = one is. */
  msToNext(nowMs: number): number {
    return this.has(nowMs) ? 0 : (1 - this.#tokens) / this.perMs;
  }

  #fill(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    const tokens = this.#tokens + (nowMs - this.#atMs) * this.perMs;
    // A sum of many small parts may miss a whole token by a hair.
    this.#tokens = Math.min(this.spec.maxTokens, Math.round(tokens * 1e6) / 1e6);
    this.#atMs = nowMs;
  }
}
