import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { CacheSpec } from '../../model/route.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { MemoryStore } from '../policy/cache/memory-store.ts';
import type { ResponseStore } from '../policy/cache/response-store.ts';
import { DiskStore, removeFile } from './disk-store.ts';
import { Flights } from './flights.ts';

/**
 * `stale`: the host failed, or is being asked meanwhile. `collapsed`: another's request was waited for.
 * `bypass`: the request was none that a store may answer.
 */
export const CACHE_RESULTS = ['hit', 'stale', 'collapsed', 'miss', 'revalidated', 'bypass'] as const;
export type CacheResult = (typeof CACHE_RESULTS)[number];

/** Where stores on a disk are, and what they need. */
export interface CacheDisk {
  readonly clock: Clock;
  readonly log: Logger;
  readonly directory: string;
}

/** Instead of a disk that cannot be used. */
const MEMORY_INSTEAD_BYTES = 32 * 1024 * 1024;
const SUFFIX = '.sqlite';

/** The stores of one proxy by name. They outlive snapshots, as long as a route names them. */
export class CacheStores {
  readonly #disk: CacheDisk | null;
  readonly #stores = new Map<string, ResponseStore>();
  readonly flights = new Flights();
  readonly counts: Record<CacheResult, number> = {
    ...{ hit: 0, stale: 0, collapsed: 0, miss: 0, revalidated: 0, bypass: 0 },
  };

  /** @param disk null = all stores are in memory */
  constructor(disk: CacheDisk | null = null) {
    this.#disk = disk;
  }

  get isUsed(): boolean {
    return this.#stores.size > 0;
  }

  get bytes(): number {
    let bytes = 0;
    for (const store of this.#stores.values()) bytes += store.bytes;
    return bytes;
  }

  of(spec: CacheSpec): ResponseStore {
    const key = keyOf(spec);
    const known = this.#stores.get(key);
    if (known !== undefined) return known;
    const made =
      spec.isOnDisk && this.#disk !== null ? openStore(this.#disk, spec) : new MemoryStore(spec.maxBytes);
    this.#stores.set(key, made);
    return made;
  }

  /** Drops the stores that a new snapshot does not name any more, and gives the others their new limits. */
  configure(snapshot: Snapshot): void {
    const named = new Map<string, CacheSpec>();
    for (const { virtualHosts } of snapshot.resources.route.values())
      for (const { routes } of virtualHosts)
        for (const { cache } of routes) if (cache !== null) named.set(keyOf(cache), cache);
    for (const [key, store] of this.#stores) {
      if (named.has(key)) continue;
      store.close();
      this.#stores.delete(key);
    }
    for (const spec of named.values()) this.of(spec).resize(spec.maxBytes);
    if (this.#disk !== null) removeOthers(this.#disk.directory, [...named.values()]);
  }

  close(): void {
    for (const store of this.#stores.values()) store.close();
    this.#stores.clear();
  }
}

const keyOf = ({ store, isOnDisk }: CacheSpec) => `${isOnDisk ? 'disk' : 'memory'} ${store}`;

/** Names of resources are longer than those of files may be. */
const fileOf = ({ store }: CacheSpec) =>
  createHash('sha256').update(store).digest('hex').slice(0, 32) + SUFFIX;

function openStore({ clock, log, directory }: CacheDisk, spec: CacheSpec): ResponseStore {
  const { store, maxBytes } = spec;
  const file = join(directory, fileOf(spec));
  const onBroken = (error: unknown) =>
    log.error('a cache on disk failed: nothing is kept there until this proxy starts again', {
      store,
      error: errorMessage(error),
    });
  try {
    mkdirSync(directory, { recursive: true });
    return new DiskStore({ clock, file, maxBytes, onBroken });
  } catch (error) {
    log.warn('a cache is kept in memory, since there is no disk for it', {
      ...{ store, directory, error: errorMessage(error) },
    });
    return new MemoryStore(maxBytes, MEMORY_INSTEAD_BYTES);
  }
}

/** Files of stores that no route names, of an earlier process too. */
function removeOthers(directory: string, named: readonly CacheSpec[]): void {
  const kept = new Set(named.filter(({ isOnDisk }) => isOnDisk).map(fileOf));
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    // There is no such directory where nothing was ever kept.
    return;
  }
  for (const name of names) if (name.endsWith(SUFFIX) && !kept.has(name)) removeFile(join(directory, name));
}
