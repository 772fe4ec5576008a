import type { CacheSpec } from '../../model/route.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { ResponseStore } from '../policy/cache/response-store.ts';
import { Flights } from './flights.ts';

/**
 * `stale`: the host failed, or is being asked meanwhile. `collapsed`: another's request was waited for.
 * `bypass`: the request was none that a store may answer.
 */
export const CACHE_RESULTS = ['hit', 'stale', 'collapsed', 'miss', 'revalidated', 'bypass'] as const;
export type CacheResult = (typeof CACHE_RESULTS)[number];

/** The stores of one proxy by name. They outlive snapshots, as long as a route names them. */
export class CacheStores {
  readonly #stores = new Map<string, ResponseStore>();
  readonly flights = new Flights();
  readonly counts: Record<CacheResult, number> = {
    ...{ hit: 0, stale: 0, collapsed: 0, miss: 0, revalidated: 0, bypass: 0 },
  };

  get isUsed(): boolean {
    return this.#stores.size > 0;
  }

  get bytes(): number {
    let bytes = 0;
    for (const store of this.#stores.values()) bytes += store.bytes;
    return bytes;
  }

  of({ store: name, maxBytes }: CacheSpec): ResponseStore {
    const known = this.#stores.get(name);
    if (known !== undefined) return known;
    const made = new ResponseStore(maxBytes);
    this.#stores.set(name, made);
    return made;
  }

  /** Drops the stores that a new snapshot does not name any more, and gives the others their new limits. */
  configure(snapshot: Snapshot): void {
    const named = new Set<string>();
    for (const { virtualHosts } of snapshot.resources.route.values())
      for (const { routes } of virtualHosts)
        for (const { cache } of routes) {
          if (cache === null || named.has(cache.store)) continue;
          named.add(cache.store);
          this.of(cache).resize(cache.maxBytes);
        }
    for (const name of this.#stores.keys()) if (!named.has(name)) this.#stores.delete(name);
  }
}
