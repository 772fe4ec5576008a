import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

// Node 20 has no `crypto` of its own accord in every program.
cryptoProvider.set(webcrypto as Crypto);

/** Both in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;
/** Clocks of machines differ a little. */
const BACKDATED_MS = 5 * 60_000;
const ROOT_DAYS = 3650;
/** Browsers and Apple's systems refuse certificates that live longer (825 days for those of private authorities). */
const LEAF_DAYS = 825;

/** An authority for one developer's machine, signed by itself. */
export async function createLocalRoot(name: string, nowMs: number): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const root = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serialNumber(), name: `CN=${name}`, keys, signingAlgorithm: SIGNING },
    ...validity(nowMs, ROOT_DAYS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return { certificate: `${root.toString('pem')}\n`, privateKey: await exportKey(keys.privateKey) };
}

/** A certificate for hosts (names, `*.suffix`, IP addresses), to be shown by servers and by clients. */
export async function issueCertificate(
  root: KeyPair,
  hosts: readonly string[],
  nowMs: number,
): Promise<KeyPair> {
  const authority = new X509Certificate(root.certificate);
  const pkcs8 = createPrivateKey(root.privateKey).export({ format: 'der', type: 'pkcs8' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, SIGNING, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const leaf = await X509CertificateGenerator.create({
    ...{ serialNumber: serialNumber(), issuer: authority.subject, signingKey, publicKey: keys.publicKey },
    ...{ ...validity(nowMs, LEAF_DAYS), signingAlgorithm: SIGNING },
    extensions: [
      new SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
        true,
      ),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      new BasicConstraintsExtension(false, undefined, true),
    ],
  });
  return { certificate: `${leaf.toString('pem')}\n`, privateKey: await exportKey(keys.privateKey) };
}

function validity(nowMs: number, days: number) {
  return { notBefore: new Date(nowMs - BACKDATED_MS), notAfter: new Date(nowMs + days * DAY_MS) };
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

/** Positive, and too long to be met twice (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
