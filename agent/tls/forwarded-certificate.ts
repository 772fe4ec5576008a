import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CertificatePart, NodeSpec } from '../../model/node.ts';
import type { AgreedTls, DownstreamPeer } from '../exchange/streams.ts';

/** A caller of a gateway whose TLS ended here, with what its handshake said. */
export function describeSecurePeer(
  secure: TLSSocket,
  peer: DownstreamPeer,
  serverName: string,
  node: Pick<NodeSpec, 'headers'> | undefined,
): DownstreamPeer {
  // Only what was asked for is there, and only what was checked is told.
  const certificate = secure.getPeerX509Certificate();
  const parts = node?.headers?.certificateParts ?? OF_GATEWAYS;
  return {
    ...peer,
    isTls: true,
    tls: agreedTls(secure, certificate),
    ...(serverName !== '' && { serverName }),
    ...(certificate !== undefined && { clientCertificate: forwardedCertificate(certificate, '', parts) }),
  };
}

/** @param certificate the caller's, if it showed one */
export function agreedTls(secure: TLSSocket, certificate: X509Certificate | undefined): AgreedTls {
  return {
    version: secure.getProtocol() ?? '',
    cipher: secure.getCipher().name,
    subject: certificate === undefined ? '' : subjectOf(certificate),
  };
}

/** What Istio has gateways and sidecars tell. */
const OF_GATEWAYS: readonly CertificatePart[] = ['cert', 'subject', 'uri', 'dns'];
export const OF_SIDECARS: readonly CertificatePart[] = ['subject', 'uri', 'dns'];

/**
 * Envoy's `x-forwarded-client-cert`: By and Hash, then the elements that are asked for, in the order of `parts`. Subject
 * and URI are there even if they are empty.
 * @param own SPIFFE id of the proxy itself, '' = it showed no such certificate
 */
export function forwardedCertificate(
  certificate: X509Certificate,
  own: string,
  parts: readonly CertificatePart[],
): string {
  const hash = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const by = own === '' ? [] : [`By=${own}`];
  return [...by, `Hash=${hash}`, ...parts.flatMap((part) => elementsOf(certificate, part))].join(';');
}

function elementsOf(certificate: X509Certificate, part: CertificatePart): string[] {
  const named = (wanted: string) =>
    namesOf(certificate.subjectAltName ?? '').flatMap(({ kind, name }) => (kind === wanted ? [name] : []));
  switch (part) {
    case 'cert':
      return [`Cert="${encodePem(certificate.toString())}"`];
    case 'chain':
      return [`Chain="${chainOf(certificate).map(encodePem).join('')}"`];
    case 'subject':
      return [`Subject="${subjectOf(certificate)}"`];
    case 'uri': {
      const uris = named('URI');
      return uris.length === 0 ? ['URI='] : uris.map((uri) => `URI=${uri}`);
    }
    case 'dns':
      return named('DNS').map((name) => `DNS=${name}`);
  }
}

/** The certificate and those that it was shown with. */
function chainOf(certificate: X509Certificate): string[] {
  const { issuerCertificate: issuer } = certificate;
  const isLast = issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256;
  return [certificate.toString(), ...(isLast ? [] : chainOf(issuer))];
}

export interface CertificateName {
  /** `DNS`, `URI`, `IP Address`, `email`. */
  readonly kind: string;
  readonly name: string;
}

/**
 * `DNS:a, URI:spiffe://x, IP Address:1.2.3.4`; a name with a comma or the like is printed as JSON text. What is not
 * written like that is no name.
 */
export function namesOf(text: string): CertificateName[] {
  return [...text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,"]*)(?=$|, )/g)].flatMap(
    ([, kind = '', written = '']) => {
      const name = written.startsWith('"') ? unquote(written) : written;
      return name === null ? [] : [{ kind, name }];
    },
  );
}

function unquote(written: string): string | null {
  try {
    return String(JSON.parse(written));
  } catch {
    return null;
  }
}

function encodePem(pem: string): string {
  return pem
    .replaceAll('\n', '%0A')
    .replaceAll(' ', '%20')
    .replaceAll('+', '%2B')
    .replaceAll('/', '%2F')
    .replaceAll('=', '%3D');
}

/** RFC 2253: the most specific part first. Node prints a part a line, the other way round. */
function subjectOf({ subject }: X509Certificate): string {
  return (subject ?? '').split('\n').reverse().join(',').replaceAll('"', '\\"');
}
