import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errorCode } from '../../base/errors.ts';
import type { UpstreamTlsSpec } from '../../model/cluster.ts';
import {
  type MissingMaterial,
  PrivateKey,
  type SecretSpec,
  type TlsMaterial,
  writeSecrets,
} from '../../model/secret.ts';

/** What the names of secrets mean, for one side of TLS. */

export type Secrets = ReadonlyMap<string, SecretSpec>;

/** @param trust '' = none is asked for */
export function resolveMaterial(
  secrets: Secrets,
  certificates: readonly string[],
  trust: string,
): TlsMaterial | MissingMaterial {
  const pairs: TlsMaterial['pairs'][number][] = [];
  for (const name of certificates) {
    const secret = secrets.get(name);
    if (secret === undefined) return { missing: `the secret ${name} is not there` };
    if (secret.certificate === '' || secret.privateKey === null)
      return { missing: `the secret ${name} has no certificate with its key` };
    pairs.push({ certificate: secret.certificate, privateKey: secret.privateKey });
  }
  if (trust === '') return withDigest({ pairs, trust: '', revoked: '' });
  const authorities = secrets.get(trust);
  if (authorities === undefined) return { missing: `the secret ${trust} is not there` };
  if (authorities.trust === '') return { missing: `the secret ${trust} has no authorities` };
  return withDigest({ pairs, trust: authorities.trust, revoked: authorities.revoked });
}

function withDigest(material: Omit<TlsMaterial, 'digest'>): TlsMaterial {
  return { ...material, digest: createHash('sha256').update(writeSecrets(material)).digest('base64url') };
}

/** The settings of a cluster's TLS with what they name. */
export function withMaterial(tls: UpstreamTlsSpec, secrets: Secrets): UpstreamTlsSpec {
  const { certificate, trust } = tls;
  if (certificate === '' && trust === '') return tls;
  return { ...tls, material: resolveMaterial(secrets, certificate === '' ? [] : [certificate], trust) };
}

const readText = (path: string) => readFileSync(path, 'utf8');

/** Secrets whose contents are files of this container, read now; a file that cannot be read counts as not there. */
export function readSecretFiles(secrets: Secrets, read: (path: string) => string = readText): Secrets {
  const filled = new Map(secrets);
  for (const [name, secret] of secrets) {
    if (secret.files === null) continue;
    const { certificate, privateKey, trust, revoked } = secret.files;
    const key = readIfThere(privateKey, read);
    filled.set(name, {
      ...secret,
      certificate: readIfThere(certificate, read),
      privateKey: key === '' ? null : new PrivateKey(key),
      trust: readIfThere(trust, read),
      revoked: readIfThere(revoked, read),
    });
  }
  return filled;
}

/** Changes when a secret's file does; '' = none is a file. */
export function secretFilesDigest(secrets: Secrets): string {
  const ofFiles = [...secrets].filter(([, { files }]) => files !== null);
  if (ofFiles.length === 0) return '';
  const text = writeSecrets([...readSecretFiles(new Map(ofFiles)).values()]);
  return createHash('sha256').update(text).digest('base64url');
}

function readIfThere(path: string, read: (path: string) => string): string {
  if (path === '') return '';
  try {
    return read(path);
  } catch (error) {
    // No error of the system's: a fault of ours.
    if (errorCode(error) === '') throw error;
    return '';
  }
}
