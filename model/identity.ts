/** Certificates of the mesh, as controller and agents speak of them. */

/** `POST /v1/certificates`. */
export interface CertificateRequest {
  /** PKCS #10 (RFC 2986), DER in base64. It needs no names: whose it is, the session says. */
  readonly csr: string;
}

export interface IssuedCertificate {
  /** PEM, the workload's own first, intermediates behind it. */
  readonly chain: string;
  /** PEM of all roots that are trusted. */
  readonly roots: string;
  /** Names the set of roots: see {@link TRUST_HEADER}. */
  readonly trust: string;
}

/** On the answer of `/v1/config`: an agent that holds another set of roots asks for a new certificate. */
export const TRUST_HEADER = 'x-lateen-trust';
