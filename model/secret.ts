/** Certificates and keys that a proxy shows or trusts. Only those that a proxy uses are sent to it. */

export interface SecretSpec {
  /** Envoy's name for it, as Istio gives it: `kubernetes://NAME`, `kubernetes://NAME-cacert`, `file-cert:…`. */
  readonly name: string;
  /** PEM, the own certificate first; '' = none. */
  readonly certificate: string;
  readonly privateKey: PrivateKey | null;
  /** PEM of the authorities that the other side's certificate must come from; '' = none. */
  readonly trust: string;
  /** PEM of revoked certificates; '' = none. */
  readonly revoked: string;
  /** Paths in the proxy's own container, in place of the contents above. */
  readonly files: SecretFiles | null;
}

/** '' = no such file. */
export interface SecretFiles {
  readonly certificate: string;
  readonly privateKey: string;
  readonly trust: string;
  readonly revoked: string;
}

export const REDACTED = '[redacted]';

/** The text of a private key, which gets into no log and no dump: whatever prints it prints `[redacted]`. */
export class PrivateKey {
  readonly #pem: string;

  constructor(pem: string) {
    this.#pem = pem;
  }

  /** For TLS itself, and for the way to the proxy that uses it. */
  reveal(): string {
    return this.#pem;
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/** JSON with the keys in it, for the push and for the agent's tmpfs only. */
export function writeSecrets(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, printed: unknown) {
    const raw = this[key];
    return raw instanceof PrivateKey ? raw.reveal() : printed;
  });
}

/** What {@link writeSecrets} made of a secret, read: its key is sealed again. */
export function readSecret(
  spec: Omit<SecretSpec, 'privateKey'> & { readonly privateKey: unknown },
): SecretSpec {
  const { privateKey } = spec;
  return { ...spec, privateKey: typeof privateKey === 'string' ? new PrivateKey(privateKey) : null };
}

/** Istio's suffix of the secret that holds a credential's authorities. */
export const TRUST_SUFFIX = '-cacert';
const CREDENTIAL_PREFIX = 'kubernetes://';

/** Istio's names of secrets (`security/pkg/credentials`, `pilot/pkg/security/model`). */
export const secretName = {
  credential: (name: string) => `${CREDENTIAL_PREFIX}${name}`,
  trustOf: (name: string) => `${CREDENTIAL_PREFIX}${name}${TRUST_SUFFIX}`,
  certificateFiles: (certificate: string, key: string) => `file-cert:${certificate}~${key}`,
  trustFile: (path: string, revoked: string) => `file-root:${path}${revoked === '' ? '' : `~${revoked}`}`,
};

export type SecretSource =
  | { readonly kind: 'credential'; readonly credential: string }
  | { readonly kind: 'files'; readonly files: SecretFiles };

/** What a name of {@link secretName} stands for. */
export function parseSecretName(name: string): SecretSource {
  if (name.startsWith(CREDENTIAL_PREFIX))
    return { kind: 'credential', credential: name.slice(CREDENTIAL_PREFIX.length) };
  const [kind = '', first = '', second = ''] = /^([a-z-]+):([^~]*)~?(.*)$/.exec(name)?.slice(1) ?? [];
  return {
    kind: 'files',
    files:
      kind === 'file-cert'
        ? { certificate: first, privateKey: second, trust: '', revoked: '' }
        : { certificate: '', privateKey: '', trust: first, revoked: second },
  };
}

/** Contents of the secrets that one side of TLS names. */
export interface TlsMaterial {
  /** Certificates with their keys, in the order of preference. */
  readonly pairs: readonly { readonly certificate: string; readonly privateKey: PrivateKey }[];
  /** PEM of the authorities that the other side's certificate must come from; '' = the system's. */
  readonly trust: string;
  readonly revoked: string;
  /** Changes with all of these, keys too, so that two can be compared without showing them. */
  readonly digest: string;
}

/** What is named and not there, or has not what is needed of it. */
export interface MissingMaterial {
  readonly missing: string;
}
