import { createHash, X509Certificate } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import type { IssuedCertificate } from '../../model/identity.ts';

/** What the tmpfs keeps: a process that crashed has it at once, with the controller away too. */
export interface KeptIdentity extends IssuedCertificate {
  /** PKCS #8 in PEM. */
  readonly key: string;
}

/** The certificate in force. */
export interface HeldIdentity {
  readonly kept: KeptIdentity;
  readonly spiffeId: string;
  /** Wall clock in ms. */
  readonly validFromMs: number;
  readonly validUntilMs: number;
  /** Both sides of a connection take the same. */
  readonly context: SecureContext;
}

/** Who this proxy is, to others of the mesh. One per process; what is in force is read once per connection. */
export class MeshIdentity {
  #held: HeldIdentity | null = null;
  #onChange: () => void = () => {};

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
      context: createContext(kept),
    };
    this.#onChange();
  }

  /** One listener: the server that ends TLS. */
  onChange(listener: () => void): void {
    this.#onChange = listener;
  }
}

/** TLS 1.2 is Istio's least between workloads. */
export const MIN_TLS_VERSION = 'TLSv1.2';

function createContext({ key, chain, roots }: KeptIdentity): SecureContext {
  const tls = process.getBuiltinModule('node:tls');
  return tls.createSecureContext({ key, cert: chain, ca: splitPem(roots), minVersion: MIN_TLS_VERSION });
}

/** Node reads the first certificate of a text only. */
export function splitPem(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
}

/** The one URI of a certificate of the mesh; '' = it is none. */
export function readSpiffeId({ subjectAltName }: X509Certificate): string {
  return findSpiffeId(subjectAltName ?? '');
}

/** @param names in Node's form, `URI:spiffe://…, DNS:…` */
export function findSpiffeId(names: string): string {
  const uris = names.split(', ').filter((name) => name.startsWith('URI:spiffe://'));
  return uris.length === 1 ? (uris[0] ?? '').slice('URI:'.length) : '';
}

/** Envoy's `Hash` in x-forwarded-client-cert. */
export function fingerprint({ raw }: X509Certificate): string {
  return createHash('sha256').update(raw).digest('hex');
}
