import { resourceKey } from '../../model/push.ts';
import { RESOURCE_KINDS, type ResourceKind, type Resources } from '../../model/snapshot.ts';
import type { Serialiser } from './serialised.ts';

/** What a proxy holds, per kind: name → hash, and the digest of the whole kind where it is known. */
export type HeldHashes = { readonly [K in ResourceKind]: HeldKind };

export interface HeldKind {
  readonly digest: string;
  readonly hashes: ReadonlyMap<string, string>;
}

export interface Delta {
  /** JSON texts of `Push.upsert` and `Push.remove`. */
  readonly upsert: readonly string[];
  readonly remove: readonly string[];
  /** What the proxy holds once it has acknowledged this. */
  readonly after: HeldHashes;
}

const EMPTY: HeldKind = { digest: '', hashes: new Map() };

export function nothingHeld(): HeldHashes {
  return Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, EMPTY])) as unknown as HeldHashes;
}

/** From an agent's greeting: `kind/name` → hash. */
export function heldFrom(hashes: Readonly<Record<string, string>>): HeldHashes {
  const maps = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, new Map<string, string>()]));
  for (const [key, hash] of Object.entries(hashes)) {
    const slash = key.indexOf('/');
    maps[key.slice(0, slash)]?.set(key.slice(slash + 1), hash);
  }
  return Object.fromEntries(
    RESOURCE_KINDS.map((kind) => [kind, { digest: '', hashes: maps[kind] ?? new Map() }]),
  ) as unknown as HeldHashes;
}

/** What must be sent so that a proxy that holds `held` holds `wanted`. */
export function computeDelta(held: HeldHashes, wanted: Resources, serialiser: Serialiser): Delta {
  const upsert: string[] = [];
  const remove: string[] = [];
  const after: Record<string, HeldKind> = {};
  for (const kind of RESOURCE_KINDS) {
    const map = wanted[kind] as ReadonlyMap<string, object>;
    const digest = serialiser.digest(kind, wanted[kind]);
    const before = held[kind];
    if (digest === before.digest) {
      after[kind] = before;
      continue;
    }
    const hashes = serialiser.hashes(kind, wanted[kind]);
    for (const [name, spec] of map) {
      const { hash, json } = serialiser.get(kind, name, spec);
      if (before.hashes.get(name) !== hash) upsert.push(json);
    }
    for (const name of before.hashes.keys()) if (!map.has(name)) remove.push(JSON.stringify({ kind, name }));
    after[kind] = { digest, hashes };
  }
  return { upsert, remove, after: after as unknown as HeldHashes };
}

/** For tests and dumps: the keys as an agent would greet with them. */
export function greetingOf(held: HeldHashes): Record<string, string> {
  const hashes: Record<string, string> = {};
  for (const kind of RESOURCE_KINDS) {
    for (const [name, hash] of held[kind].hashes) hashes[resourceKey(kind, name)] = hash;
  }
  return hashes;
}
