import { createHash } from 'node:crypto';
import { writeSecrets } from '../../model/secret.ts';
import type { ResourceKind, Resources } from '../../model/snapshot.ts';
import { OverlaidMap } from '../compile/overlaid-map.ts';

/** A resource as it goes over the wire. */
export interface Serialised {
  readonly hash: string;
  /** One element of `Push.upsert`. */
  readonly json: string;
}

/**
 * Serialises each resource object once, however many proxies get it: the compiler shares equal resources as one
 * object. Entries go with their objects.
 */
export class Serialiser {
  readonly #known = new WeakMap<object, Serialised>();
  readonly #digests = new WeakMap<object, string>();
  readonly #hashes = new WeakMap<object, ReadonlyMap<string, string>>();

  get(kind: ResourceKind, name: string, spec: object): Serialised {
    const known = this.#known.get(spec);
    if (known !== undefined) return known;
    const text = kind === 'secret' ? writeSecrets(spec) : JSON.stringify(spec);
    const hash = createHash('sha1').update(text).digest('base64url');
    const head = `{"kind":"${kind}","name":${JSON.stringify(name)},"hash":"${hash}","spec":`;
    const made = { hash, json: `${head}${text}}` };
    this.#known.set(spec, made);
    return made;
  }

  /** The hash of each entry of a map; one object for all proxies that share the map. */
  hashes(kind: ResourceKind, map: Resources[ResourceKind]): ReadonlyMap<string, string> {
    const known = this.#hashes.get(map);
    if (known !== undefined) return known;
    const made =
      map instanceof OverlaidMap
        ? new OverlaidMap(this.hashes(kind, map.shared), this.hashes(kind, map.own))
        : new Map([...map].map(([name, spec]) => [name, this.get(kind, name, spec).hash]));
    this.#hashes.set(map, made);
    return made;
  }

  /** A hash over a whole map of one kind: proxies that share the map object are compared by it alone. */
  digest(kind: ResourceKind, map: Resources[ResourceKind]): string {
    const known = this.#digests.get(map);
    if (known !== undefined) return known;
    if (map instanceof OverlaidMap) return `${this.digest(kind, map.shared)} ${this.digest(kind, map.own)}`;
    const hash = createHash('sha1');
    for (const [name, spec] of map) hash.update(`${name} ${this.get(kind, name, spec).hash}\n`);
    const digest = hash.digest('base64url');
    this.#digests.set(map, digest);
    return digest;
  }
}
