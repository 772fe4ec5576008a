import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { DownstreamTlsSpec } from '../../model/listener.ts';
import { namesOf } from './forwarded-certificate.ts';

type Rules = Pick<
  DownstreamTlsSpec,
  'mode' | 'subjectAltNames' | 'certificateSpki' | 'certificateHashes' | 'skipVerify'
>;

/** Whether the certificate that a caller showed is one that the server takes: what OpenSSL does not check by itself. */
export function isAcceptedCertificate(rules: Rules, secure: TLSSocket): boolean {
  if (rules.mode === 'simple') return true;
  const certificate = secure.getPeerX509Certificate();
  if (certificate === undefined) return rules.mode === 'optional-mutual' || rules.skipVerify;
  if (!secure.authorized && !rules.skipVerify) return false;
  return (
    hasName(certificate.subjectAltName ?? '', rules.subjectAltNames) &&
    isPinned(rules, certificate.fingerprint256, () =>
      certificate.publicKey.export({ type: 'spki', format: 'der' }),
    )
  );
}

/** Exact, whatever kind of name it is (DNS, URI, IP address, email). */
function hasName(text: string, wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true;
  const names = new Set(namesOf(text).map(({ name }) => name));
  return wanted.some((name) => names.has(name));
}

/** One of both lists must fit, if there is any. */
function isPinned(
  { certificateSpki, certificateHashes }: Rules,
  fingerprint: string,
  exportKey: () => Buffer,
): boolean {
  if (certificateSpki.length === 0 && certificateHashes.length === 0) return true;
  if (certificateHashes.includes(fingerprint.replaceAll(':', '').toLowerCase())) return true;
  if (certificateSpki.length === 0) return false;
  return certificateSpki.includes(createHash('sha256').update(exportKey()).digest('base64'));
}
