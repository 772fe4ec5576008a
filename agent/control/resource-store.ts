import { type Push, resourceKey } from '../../model/push.ts';
import { readSecret, type SecretSpec, writeSecrets } from '../../model/secret.ts';
import { emptyResources, RESOURCE_KINDS, type Snapshot } from '../../model/snapshot.ts';

/** What the agent holds: a snapshot, its version and the hash of each resource, as the controller sent them. */
export interface HeldSnapshot {
  readonly version: string;
  readonly snapshot: Snapshot;
  readonly hashes: Readonly<Record<string, string>>;
}

export const NOTHING_HELD: HeldSnapshot = {
  version: '',
  snapshot: { resources: emptyResources() },
  hashes: {},
};

/** A push says what changes against a version, or, with none, everything. */
export function buildsOn(held: HeldSnapshot, { base }: Push): boolean {
  return base === '' || base === held.version;
}

/**
 * What would be held after a push; nothing is changed by asking.
 * @throws Error with the reason for a NACK, if the push does not build on what is held or is malformed
 */
export function applyPush(held: HeldSnapshot, push: Push): HeldSnapshot {
  if (!buildsOn(held, push)) {
    throw new Error(
      `the push builds on version ${push.base}, but version ${held.version || '(none)'} is held`,
    );
  }
  const base = push.base === '' ? NOTHING_HELD : held;
  const maps: Record<string, Map<string, unknown>> = {};
  for (const kind of RESOURCE_KINDS)
    maps[kind] = new Map<string, unknown>(base.snapshot.resources[kind] as ReadonlyMap<string, unknown>);
  const hashes: Record<string, string> = { ...base.hashes };
  for (const { kind, name } of push.remove) {
    maps[kind]?.delete(name);
    delete hashes[resourceKey(kind, name)];
  }
  for (const { kind, name, hash, spec } of push.upsert) {
    const map = maps[kind];
    if (map === undefined) throw new Error(`unknown kind of resource ${JSON.stringify(kind)}`);
    if (typeof spec !== 'object' || spec === null) throw new Error(`${kind} ${name} has no content`);
    map.set(name, kind === 'secret' ? readSecret(spec) : spec);
    hashes[resourceKey(kind, name)] = hash;
  }
  return { version: push.version, hashes, snapshot: { resources: maps as unknown as Snapshot['resources'] } };
}

/** For the tmpfs: plain JSON, with maps as lists of pairs. */
export function serialiseHeld({ version, hashes, snapshot }: HeldSnapshot): string {
  const resources = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, [...snapshot.resources[kind]]]));
  return writeSecrets({ version, hashes, resources });
}

/** null for anything that {@link serialiseHeld} did not write. */
export function parseHeld(text: string): HeldSnapshot | null {
  try {
    const value = JSON.parse(text) as {
      version: string;
      hashes: Record<string, string>;
      resources: Record<string, [string, unknown][]>;
    };
    const maps = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, new Map(value.resources[kind])]));
    for (const [name, secret] of maps['secret'] as Map<string, SecretSpec>)
      maps['secret']?.set(name, readSecret(secret));
    return {
      version: String(value.version),
      hashes: value.hashes,
      snapshot: { resources: maps as unknown as Snapshot['resources'] },
    };
  } catch {
    // Cut off by a crash within a write to a full tmpfs: as if nothing had been kept.
    return null;
  }
}
