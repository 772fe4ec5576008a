import type { KubernetesSecretSpec } from './schema/kubernetes.ts';

/** What a Secret holds for TLS, in PEM; '' = not there. */
export interface SecretParts {
  readonly certificate: string;
  readonly privateKey: string;
  readonly trust: string;
  readonly revoked: string;
}

/** Names of each part: those of `kubernetes.io/tls`, and those of a generic Secret (Istio's `kube.ExtractCertInfo`). */
const KEYS: Readonly<Record<keyof SecretParts, readonly string[]>> = {
  certificate: ['tls.crt', 'cert'],
  privateKey: ['tls.key', 'key'],
  trust: ['ca.crt', 'cacert'],
  revoked: ['ca.crl', 'crl'],
};

/** Every key that counts. */
export const SECRET_KEYS: readonly string[] = Object.values(KEYS).flat();

export function readSecretParts(spec: KubernetesSecretSpec): SecretParts {
  return {
    certificate: read(spec, KEYS.certificate),
    privateKey: read(spec, KEYS.privateKey),
    trust: read(spec, KEYS.trust),
    revoked: read(spec, KEYS.revoked),
  };
}

function read({ data = {}, stringData = {} }: KubernetesSecretSpec, keys: readonly string[]): string {
  for (const key of keys) {
    const [plain, encoded] = [stringData[key], data[key]];
    if (plain !== undefined) return plain;
    if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString();
  }
  return '';
}
