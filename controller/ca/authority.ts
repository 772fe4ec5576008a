import { createPrivateKey, randomBytes, type webcrypto, X509Certificate } from 'node:crypto';
import { LateenError } from '../../base/errors.ts';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  type PublicKey,
  X509Certificate as ReadCertificate,
  SIGNING,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from './x509.ts';

/**
 * Signs the certificates of the mesh. It never sees a private key of an agent, and it never takes a name from a request:
 * the caller says whose certificate it is, by what Docker attests.
 */
export interface Authority {
  /** The certificate of that identity for this key, with the intermediates behind it: PEM, leaf first. */
  issue(publicKey: PublicKey, identity: string): Promise<string>;
  /** PEM of every root that is trusted: the own one first, then those that it replaced a short while ago. */
  readonly roots: string;
}

/** PEM of a certificate authority, in the words of Istio's secret `cacerts`. */
export interface AuthorityFiles {
  readonly caKey: string;
  readonly caCert: string;
  readonly rootCert: string;
  /** What stands between a leaf and the root, `caCert` first; '' where that is the root itself. */
  readonly certChain: string;
}

/** Istio's default of `DEFAULT_WORKLOAD_CERT_TTL`. */
export const CERTIFICATE_LIFE_MS = 24 * 3_600_000;
/** The container's clock and ours are one machine's, those of other hosts nearly so. */
const BACKDATED_MS = 2 * 60_000;
/** Istio's self-signed root lives ten years. */
const ROOT_LIFE_MS = 10 * 365 * 24 * 3_600_000;

/**
 * @param previousRoots PEM of roots that others may still hold certificates of
 * @throws LateenError for files that do not fit together
 */
export async function createAuthority(
  files: AuthorityFiles,
  previousRoots: readonly string[],
  wall: () => number,
): Promise<Authority> {
  const { key, algorithm } = await readKey(files);
  const issuer = new ReadCertificate(files.caCert);
  // Two roots may have one name while one replaces the other: OpenSSL tells them apart by the key's identifier only.
  const issuerKey = new AuthorityKeyIdentifierExtension(await keyIdentifier(issuer));
  const chain = files.certChain === '' ? '' : `${files.certChain.trim()}\n`;
  return {
    roots: [files.rootCert, ...previousRoots].map((root) => `${root.trim()}\n`).join(''),
    async issue(publicKey, identity) {
      const now = wall();
      const leaf = await X509CertificateGenerator.create({
        serialNumber: serialNumber(),
        issuer: issuer.subject,
        notBefore: new Date(now - BACKDATED_MS),
        notAfter: new Date(Math.min(now + CERTIFICATE_LIFE_MS, issuer.notAfter.getTime())),
        signingKey: key,
        publicKey,
        signingAlgorithm: algorithm,
        extensions: [
          // Critical where the subject is empty (RFC 5280 §4.2.1.6).
          new SubjectAlternativeNameExtension([{ type: 'url', value: identity }], true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
          new BasicConstraintsExtension(false, undefined, true),
          issuerKey,
        ],
      });
      return `${leaf.toString('pem')}\n${chain}`;
    },
  };
}

/** A root of our own, signed by itself. */
export async function createRoot(trustDomain: string, nowMs: number): Promise<AuthorityFiles> {
  const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `O=${trustDomain}`,
    notBefore: new Date(nowMs - BACKDATED_MS),
    notAfter: new Date(nowMs + ROOT_LIFE_MS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const pem = root.toString('pem');
  const caKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  }) as string;
  return { caKey, caCert: pem, rootCert: pem, certChain: '' };
}

/** As the authority's own certificate has it, else as RFC 5280 §4.2.1.2 makes one. */
async function keyIdentifier(issuer: ReadCertificate): Promise<string> {
  const own = issuer.getExtension(SubjectKeyIdentifierExtension);
  return (own ?? (await SubjectKeyIdentifierExtension.create(issuer.publicKey))).keyId;
}

/** Positive, and too long to be met twice (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

interface SigningKey {
  readonly key: webcrypto.CryptoKey;
  readonly algorithm: typeof SIGNING | typeof RSA_SIGNING | (typeof CURVE_SIGNING)[string];
}

/** Our own authority's, and those that Istio's tools make: RSA, or an elliptic curve. */
async function readKey({ caKey, caCert }: AuthorityFiles): Promise<SigningKey> {
  const key = createPrivateKey(caKey);
  const curve = key.asymmetricKeyDetails?.namedCurve ?? '';
  const algorithm = key.asymmetricKeyType === 'rsa' ? RSA_SIGNING : CURVE_SIGNING[curve];
  if (algorithm === undefined)
    throw new LateenError(
      'LAT0110',
      'the key of the certificate authority is neither RSA nor P-256 or P-384',
      {
        remedy: 'Make one with `openssl ecparam -name prime256v1 -genkey -noout -out ca-key.pem`.',
      },
    );
  if (!new X509Certificate(caCert).checkPrivateKey(key))
    throw new LateenError('LAT0110', 'ca-key.pem is not the key of ca-cert.pem', {
      remedy: 'Bring the four files of one certificate authority.',
    });
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' });
  return { key: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']), algorithm };
}

const RSA_SIGNING = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;
const CURVE_SIGNING: Readonly<
  Record<string, typeof SIGNING | { name: string; namedCurve: string; hash: string }>
> = {
  prime256v1: SIGNING,
  secp384r1: { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
};
