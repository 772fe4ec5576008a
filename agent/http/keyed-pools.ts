import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents } from '../exchange/streams.ts';

/**
 * Connections to one host that only some requests may share: a pool for each key. Keys are the callers' own words or
 * addresses: one that is not used any more must not stay.
 */
export class KeyedPools implements Pool {
  readonly #keyOf: (head: RequestHead, events: UpstreamEvents) => string;
  readonly #createPool: (key: string, events: UpstreamEvents) => Pool;
  readonly #pools = new Map<string, Pool>();
  #isDraining = false;

  constructor(
    keyOf: (head: RequestHead, events: UpstreamEvents) => string,
    createPool: (key: string, events: UpstreamEvents) => Pool,
  ) {
    this.#keyOf = keyOf;
    this.#createPool = createPool;
  }

  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    const key = this.#keyOf(head, events);
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = this.#createPool(key, events);
      this.#pools.set(key, pool);
      if (this.#isDraining) pool.drain();
    }
    pool.request(head, hasBody, events);
  }

  forget(events: UpstreamEvents): void {
    for (const pool of this.#pools.values()) pool.forget(events);
  }

  drain(): void {
    this.#isDraining = true;
    for (const pool of this.#pools.values()) pool.drain();
  }

  abandon(): void {
    this.#isDraining = true;
    for (const pool of this.#pools.values()) pool.abandon();
  }

  sweep(nowMs: number): void {
    for (const [key, pool] of this.#pools) {
      pool.sweep(nowMs);
      if (pool.connectionCount === 0) this.#pools.delete(key);
    }
  }

  get idleCount(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.idleCount, 0);
  }

  get connectionCount(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.connectionCount, 0);
  }
}
