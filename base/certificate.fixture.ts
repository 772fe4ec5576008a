import 'reflect-metadata';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509CrlGenerator,
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
  /** The same, but no longer valid. */
  issueExpired(...names: readonly string[]): Promise<TestCertificate>;
  /** PEM of a list of these certificates, which are not to be trusted any more (RFC 5280 §5). */
  revoke(...certificates: readonly TestCertificate[]): Promise<string>;
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
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  let serial = 1;
  const issue = async (names: readonly string[], validity: typeof VALIDITY): Promise<TestCertificate> => {
    const pair = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
    const leaf = await X509CertificateGenerator.create({
      ...{ ...validity, issuer: root.subject, signingKey: keys.privateKey, publicKey: pair.publicKey },
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
  };
  return {
    certificate: `${root.toString('pem')}\n`,
    issue: (...names) => issue(names, VALIDITY),
    issueExpired: (...names) => issue(names, { ...VALIDITY, notAfter: new Date('2021-01-01T00:00:00Z') }),
    async revoke(...certificates) {
      const list = await X509CrlGenerator.create({
        ...{ issuer: root.subject, signingKey: keys.privateKey, signingAlgorithm: SIGNING },
        ...{ thisUpdate: VALIDITY.notBefore, nextUpdate: VALIDITY.notAfter },
        entries: certificates.map(({ certificate }) => ({
          serialNumber: new X509Certificate(certificate).serialNumber,
          revocationDate: VALIDITY.notBefore,
        })),
      });
      return `${PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
    },
  };
}
