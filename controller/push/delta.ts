import { resourceKey } from '../../model/push.ts';
import { RESOURCE_KINDS, type ResourceKind, type Resources } from '../../model/snapshot.ts';
import { OverlaidMap } from '../compile/overlaid-map.ts';
import type { Serialiser } from './serialised.ts';

/** What a proxy holds, per kind. */
export type HeldResources = { readonly [K in ResourceKind]: HeldKind };

/** What it was sent; or, until it was sent anything, the hash of each name that it greeted with. */
export type HeldKind = Resources[ResourceKind] | HeldHashes;

class HeldHashes {
  readonly hashes: ReadonlyMap<string, string>;

  constructor(hashes: ReadonlyMap<string, string>) {
    this.hashes = hashes;
  }
}

/** JSON texts of `Push.upsert` and `Push.remove`. */
export interface Difference {
  readonly upsert: readonly string[];
  readonly remove: readonly string[];
}

export interface Delta extends Difference {
  /** What the proxy holds once it has acknowledged this. */
  readonly after: HeldResources;
}

const NONE: Difference = { upsert: [], remove: [] };

export function nothingHeld(): HeldResources {
  return heldFrom({});
}

/** From an agent's greeting: `kind/name` → hash. */
export function heldFrom(hashes: Readonly<Record<string, string>>): HeldResources {
  const maps = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, new Map<string, string>()]));
  for (const [key, hash] of Object.entries(hashes)) {
    const slash = key.indexOf('/');
    maps[key.slice(0, slash)]?.set(key.slice(slash + 1), hash);
  }
  return Object.fromEntries(
    RESOURCE_KINDS.map((kind) => [kind, new HeldHashes(maps[kind] ?? new Map())]),
  ) as unknown as HeldResources;
}

/**
 * Compares what proxies hold with what they should. Most of a mesh stays the same objects from one World to the next, and
 * most proxies share their maps: each pair of maps is compared once for all of them, entry by entry, by identity.
 */
export class Differ {
  readonly #serialiser: Serialiser;
  /** By the map that is wanted. */
  readonly #known = new WeakMap<object, { readonly held: object; readonly difference: Difference }>();

  constructor(serialiser: Serialiser) {
    this.#serialiser = serialiser;
  }

  /** What must be sent so that a proxy that holds `held` holds `wanted`. */
  compare(held: HeldResources, wanted: Resources): Delta {
    const upsert: string[] = [];
    const remove: string[] = [];
    for (const kind of RESOURCE_KINDS) {
      const difference = this.#compareKind(kind, held[kind], wanted[kind]);
      upsert.push(...difference.upsert);
      remove.push(...difference.remove);
    }
    return { upsert, remove, after: wanted };
  }

  #compareKind(kind: ResourceKind, held: HeldKind, wanted: Resources[ResourceKind]): Difference {
    if (held === wanted) return NONE;
    if (held instanceof OverlaidMap && wanted instanceof OverlaidMap && isSideBySide(held, wanted)) {
      const shared = this.#comparePart(kind, held.shared, wanted.shared);
      const own = this.#comparePart(kind, held.own, wanted.own);
      return { upsert: [...shared.upsert, ...own.upsert], remove: [...shared.remove, ...own.remove] };
    }
    return this.#comparePart(kind, held, wanted);
  }

  #comparePart(kind: ResourceKind, held: HeldKind, wanted: Resources[ResourceKind]): Difference {
    if (held === wanted) return NONE;
    const known = this.#known.get(wanted);
    if (known?.held === held) return known.difference;
    const difference = this.#compareEntries(kind, held, wanted);
    this.#known.set(wanted, { held, difference });
    // Else each map would keep its predecessor for ever.
    this.#known.delete(held);
    return difference;
  }

  #compareEntries(kind: ResourceKind, held: HeldKind, wanted: Resources[ResourceKind]): Difference {
    const upsert: string[] = [];
    const remove: string[] = [];
    const hasGreeted = held instanceof HeldHashes;
    for (const [name, spec] of wanted as ReadonlyMap<string, object>) {
      const before = hasGreeted ? undefined : held.get(name);
      if (before === spec) continue;
      const { hash, json } = this.#serialiser.get(kind, name, spec);
      const heldHash = hasGreeted
        ? held.hashes.get(name)
        : before && this.#serialiser.get(kind, name, before).hash;
      if (heldHash !== hash) upsert.push(json);
    }
    for (const name of (hasGreeted ? held.hashes : held).keys())
      if (!wanted.has(name)) remove.push(JSON.stringify({ kind, name }));
    return { upsert, remove };
  }
}

/** No name has gone from the part that proxies share into a proxy's own, or back: each part can be looked at alone. */
function isSideBySide(held: OverlaidMap<unknown>, wanted: OverlaidMap<unknown>): boolean {
  const areApart = (some: ReadonlyMap<string, unknown>, others: ReadonlyMap<string, unknown>) => {
    for (const name of some.keys()) if (others.has(name)) return false;
    return true;
  };
  return areApart(held.own, wanted.shared) && areApart(wanted.own, held.shared);
}

/** For tests and dumps: the keys as an agent would greet with them. */
export function greetingOf(held: HeldResources, serialiser: Serialiser): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const kind of RESOURCE_KINDS) {
    const part = held[kind];
    if (part instanceof HeldHashes)
      for (const [name, hash] of part.hashes) hashes[resourceKey(kind, name)] = hash;
    else
      for (const [name, spec] of part as ReadonlyMap<string, object>)
        hashes[resourceKey(kind, name)] = serialiser.get(kind, name, spec).hash;
  }
  return hashes;
}
