import { createHash, type KeyObject, sign } from 'node:crypto';
import { bitString, der, derTag, integer, objectId, sequence, tagged, time } from './der.ts';

/**
 * Writes X.509 certificates (RFC 5280) with ECDSA keys. Reading and verifying them is left to OpenSSL: nothing that
 * comes from a peer is parsed here.
 */

export interface CertificateRequest {
  /** Common name of the subject. */
  readonly subject: string;
  /** Public half of the subject's key. */
  readonly publicKey: KeyObject;
  readonly names: readonly SubjectName[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Unique among the issuer's certificates; at most 20 bytes. */
  readonly serial: Uint8Array;
  /** May issue certificates itself. */
  readonly isAuthority: boolean;
}

export type SubjectName =
  | { readonly kind: 'dns' | 'uri'; readonly name: string }
  | { readonly kind: 'ip'; readonly bytes: Uint8Array };

export interface Issuer {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** In PEM. A certificate that is its own issuer is a root. */
export function writeCertificate(request: CertificateRequest, issuer: Issuer): string {
  const { subject, publicKey, notBeforeMs, notAfterMs, serial } = request;
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer.subject),
    sequence(time(notBeforeMs), time(notAfterMs)),
    nameOf(subject),
    exportKey(publicKey),
    tagged(3, sequence(...extensionsOf(request, issuer))),
  );
  const signature = sign('sha256', body, issuer.privateKey);
  const base64 = sequence(body, ECDSA_WITH_SHA256, bitString(signature)).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'));
const COMMON_NAME = objectId('2.5.4.3');
const SERVER_AND_CLIENT = sequence(objectId('1.3.6.1.5.5.7.3.1'), objectId('1.3.6.1.5.5.7.3.2'));

/** Bits of KeyUsage (§4.2.1.3). */
const DIGITAL_SIGNATURE = bitString(Buffer.from([0x80]), 7);
const SIGN_CERTIFICATES = bitString(Buffer.from([0x06]), 1);

function nameOf(commonName: string): Buffer {
  const text = der(derTag.utf8, Buffer.from(commonName));
  return sequence(der(derTag.set, sequence(COMMON_NAME, text)));
}

function exportKey(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function extensionsOf({ publicKey, names, isAuthority }: CertificateRequest, issuer: Issuer): Buffer[] {
  const isCa = isAuthority ? [der(derTag.boolean, Buffer.from([0xff]))] : [];
  const extensions = [
    extension('2.5.29.19', sequence(...isCa), true),
    extension('2.5.29.15', isAuthority ? SIGN_CERTIFICATES : DIGITAL_SIGNATURE, true),
    extension('2.5.29.14', der(derTag.octetString, keyId(publicKey))),
    extension('2.5.29.35', sequence(tagged(0, keyId(issuer.publicKey), false))),
  ];
  if (!isAuthority) extensions.push(extension('2.5.29.37', SERVER_AND_CLIENT));
  if (names.length > 0) extensions.push(extension('2.5.29.17', sequence(...names.map(generalName))));
  return extensions;
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  const critical = isCritical ? [der(derTag.boolean, Buffer.from([0xff]))] : [];
  return sequence(objectId(id), ...critical, der(derTag.octetString, value));
}

/** Any value that is the same for the same key will do (§4.2.1.2). */
function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(exportKey(key)).digest();
}

/** Tags of GeneralName (§4.2.1.6). */
function generalName(name: SubjectName): Buffer {
  if (name.kind === 'ip') return tagged(7, name.bytes, false);
  return tagged(name.kind === 'dns' ? 2 : 6, Buffer.from(name.name), false);
}
