import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { DownstreamPeer } from '../exchange/streams.ts';

/** A caller of a gateway whose TLS ended here, with what its handshake said. */
export function describeSecurePeer(
  secure: TLSSocket,
  peer: DownstreamPeer,
  serverName: string,
): DownstreamPeer {
  // Only what was asked for is there, and only what was checked is told.
  const certificate = secure.getPeerX509Certificate();
  return {
    ...peer,
    isTls: true,
    ...(serverName !== '' && { serverName }),
    ...(certificate !== undefined && { clientCertificate: forwardedCertificate(certificate) }),
  };
}

/**
 * Envoy's `x-forwarded-client-cert` with the elements that Istio's gateways ask for, in Envoy's order: Hash, Cert,
 * Subject, URI, DNS. URI is there even if it is empty.
 */
export function forwardedCertificate(certificate: X509Certificate): string {
  const hash = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const names = namesOf(certificate.subjectAltName ?? '');
  const uris = names.filter(({ kind }) => kind === 'URI').map(({ name }) => name);
  const dns = names.filter(({ kind }) => kind === 'DNS').map(({ name }) => name);
  const elements = [
    `Hash=${hash}`,
    `Cert="${encodePem(certificate.toString())}"`,
    `Subject="${subjectOf(certificate)}"`,
    ...(uris.length === 0 ? ['URI='] : uris.map((uri) => `URI=${uri}`)),
    ...dns.map((name) => `DNS=${name}`),
  ];
  return elements.join(';');
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
