import { createHash } from 'node:crypto';
import type { IssuedCertificate } from '../../model/identity.ts';
import type { Authority } from './authority.ts';
import { readRequest } from './certificate-request.ts';
import { trustFingerprint } from './open-authority.ts';
import type { PublicKey } from './x509.ts';

/** More than a mesh renews in a day; each is about 100 bytes. */
const MAX_REMEMBERED_KEYS = 10_000;

/** Issues the mesh's certificates, and knows which one each container's proxy holds. */
export class Certificates {
  readonly #authority: Authority;
  readonly #held = new Map<string, string>();
  /** Digests of the keys that were signed, oldest first. */
  readonly #certified = new Set<string>();
  /** Names the set of trusted roots. */
  readonly trust: string;
  /** Requests, and those of them that were granted. */
  readonly counts = { requests: 0, issued: 0 };

  constructor(authority: Authority) {
    this.#authority = authority;
    this.trust = trustFingerprint(authority.roots);
  }

  /** null = the request is refused. */
  async issue(container: string, identity: string, csr: Buffer): Promise<IssuedCertificate | null> {
    this.counts.requests += 1;
    const key = await readRequest(csr, identity);
    if (key === null || !this.#isNew(key)) return null;
    const chain = await this.#authority.issue(key, identity);
    this.#held.set(container, chain);
    this.counts.issued += 1;
    return { chain, roots: this.#authority.roots, trust: this.trust };
  }

  /** Each renewal has a new key: one that comes again is a request that somebody has kept. */
  #isNew({ rawData }: PublicKey): boolean {
    const digest = createHash('sha256').update(Buffer.from(rawData)).digest('base64');
    if (this.#certified.has(digest)) return false;
    if (this.#certified.size >= MAX_REMEMBERED_KEYS)
      this.#certified.delete(this.#certified.values().next().value ?? '');
    this.#certified.add(digest);
    return true;
  }

  /** A proxy says what it holds: its certificate may be older than this process. */
  learn(container: string, chain: string): void {
    if (chain !== '') this.#held.set(container, chain);
  }

  /** PEM; '' = not known. */
  heldBy(container: string): string {
    return this.#held.get(container) ?? '';
  }

  get roots(): string {
    return this.#authority.roots;
  }

  /** Forgets containers that are gone. */
  keep(containers: ReadonlyMap<string, unknown>): void {
    for (const container of this.#held.keys()) if (!containers.has(container)) this.#held.delete(container);
  }
}
