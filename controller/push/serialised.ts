import { createHash } from 'node:crypto';
import { writeSecrets } from '../../model/secret.ts';
import type { ResourceKind } from '../../model/snapshot.ts';

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
}
