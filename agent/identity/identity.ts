import { createHash, X509Certificate } from 'node:crypto';
import { PrivateKey, type TlsMaterial } from '../../model/secret.ts';
import { namesOf } from '../tls/forwarded-certificate.ts';
import { createTlsServer, type TlsServer } from '../tls/tls-server.ts';
import { MESH_TLS } from './mesh-tls.ts';

/** What the tmpfs keeps: a process that crashed has it at once, with the controller away too. */
export interface KeptIdentity {
  readonly key: PrivateKey;
  /** PEM, the own certificate first. */
  readonly chain: string;
  /** PEM of all trusted roots. */
  readonly roots: string;
  /** Names the set of roots. */
  readonly trust: string;
}

/** The certificate in force. */
export interface HeldIdentity {
  readonly kept: KeptIdentity;
  readonly spiffeId: string;
  /** Wall clock in ms. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** For both sides of a connection. */
  readonly material: TlsMaterial;
}

/** Who this proxy is, to others of the mesh. One per process; what is in force is read once per connection. */
export class MeshIdentity {
  #held: HeldIdentity | null = null;
  #server: TlsServer | null = null;

  get held(): HeldIdentity | null {
    return this.#held;
  }

  /** Connections that are open keep the certificate that they were made with. */
  replace(kept: KeptIdentity): void {
    const leaf = new X509Certificate(kept.chain);
    this.#held = {
      kept,
      spiffeId: readSpiffeId(leaf),
      validFromMs: leaf.validFromDate.getTime(),
      validUntilMs: leaf.validToDate.getTime(),
      material: {
        pairs: [{ certificate: kept.chain, privateKey: kept.key }],
        ...{ trust: kept.roots, revoked: '', digest: fingerprint(leaf) },
      },
    };
    this.#server = null;
  }

  /** Ends TLS of callers that have a certificate of the mesh; null = this proxy has none itself (yet). */
  get server(): TlsServer | null {
    if (this.#held === null) return null;
    this.#server ??= createTlsServer(MESH_TLS, this.#held.material);
    return this.#server;
  }
}

export function restoreIdentity(text: string): KeptIdentity {
  const kept = JSON.parse(text) as Omit<KeptIdentity, 'key'> & { readonly key: string };
  return { ...kept, key: new PrivateKey(kept.key) };
}

/** Nothing that could end an element of `x-forwarded-client-cert`, where it stands unquoted. */
const SPIFFE_ID = /^spiffe:\/\/[^\s"',;\\/]+(\/[^\s"',;\\/]+)+$/;

/** The one SPIFFE id of a certificate; '' = it is none of the mesh. */
export function readSpiffeId({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): string {
  const ids = namesOf(subjectAltName ?? '').filter(
    ({ kind, name }) => kind === 'URI' && name.startsWith('spiffe://'),
  );
  const [only] = ids;
  return ids.length === 1 && only !== undefined && SPIFFE_ID.test(only.name) ? only.name : '';
}

/** Envoy's `Hash` in x-forwarded-client-cert. */
export function fingerprint({ raw }: X509Certificate): string {
  return createHash('sha256').update(raw).digest('hex');
}
