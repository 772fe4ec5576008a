import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** Certificates for tests, made when they are needed. */

export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface TestAuthority {
  /** PEM of its own certificate. */
  readonly certificate: string;
  /** DNS names, or URIs such as `spiffe://…`. */
  issue(...names: readonly string[]): Promise<TestCertificate>;
}

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** Valid whenever a test runs. */
const VALIDITY = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2100-01-01T00:00:00Z') };

export async function createTestAuthority(subject = 'test authority'): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...{ ...VALIDITY, name: `CN=${subject}`, serialNumber: '01', keys, signingAlgorithm: SIGNING },
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ],
  });
  let serial = 1;
  return {
    certificate: `${root.toString('pem')}\n`,
    async issue(...names) {
      const pair = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
      const leaf = await X509CertificateGenerator.create({
        ...{ ...VALIDITY, issuer: root.subject, signingKey: keys.privateKey, publicKey: pair.publicKey },
        ...{ serialNumber: (++serial + 0x1000).toString(16), signingAlgorithm: SIGNING },
        extensions: [
          new SubjectAlternativeNameExtension(
            names.map((value) => ({ type: value.includes('://') ? 'url' : 'dns', value })),
          ),
        ],
      });
      const key = await crypto.subtle.exportKey('pkcs8', pair.privateKey);
      return {
        certificate: `${leaf.toString('pem')}\n`,
        privateKey: `${PemConverter.encode(key, 'PRIVATE KEY')}\n`,
      };
    },
  };
}
