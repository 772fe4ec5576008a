import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type Issuer, type SubjectName, writeCertificate } from './certificate.ts';

/** Certificates for tests, made when they are needed. */

export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface TestAuthority {
  /** PEM of its own certificate. */
  readonly certificate: string;
  issue(names: readonly (string | SubjectName)[], change?: { notAfterMs?: number }): TestCertificate;
}

/** Valid whenever a test runs. */
const FROM_MS = Date.UTC(2020, 0, 1);
const UNTIL_MS = Date.UTC(2100, 0, 1);

export function createTestAuthority(subject = 'test authority'): TestAuthority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer: Issuer = { subject, ...keys };
  let serial = 0;
  const make = (name: string, publicKey: KeyObject, names: readonly SubjectName[], notAfterMs: number) =>
    writeCertificate(
      {
        ...{ subject: name, publicKey, names, notBeforeMs: FROM_MS, notAfterMs },
        ...{ serial: Buffer.from([1, ++serial]), isAuthority: name === subject },
      },
      issuer,
    );
  return {
    certificate: make(subject, keys.publicKey, [], UNTIL_MS),
    issue(names, { notAfterMs = UNTIL_MS } = {}) {
      const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const all = names.map((name): SubjectName => (typeof name === 'string' ? { kind: 'dns', name } : name));
      return {
        certificate: make('', pair.publicKey, all, notAfterMs),
        privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}
