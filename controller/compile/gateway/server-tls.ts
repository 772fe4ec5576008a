import type { GatewayServer, ServerTls } from '../../../istio/schema/gateway.ts';
import type { DownstreamTlsSpec, TlsVersion } from '../../../model/listener.ts';
import { secretName } from '../../../model/secret.ts';

/** `servers[].tls` of a Gateway that ends TLS (Istio's `buildGatewayListenerTLSContext`, ISTIO.md §3). */
export function compileServerTls({ tls = {} }: GatewayServer, isHttp: boolean): DownstreamTlsSpec {
  const mode = modeOf(tls);
  return {
    mode,
    certificates: mode === 'istio-mutual' ? [] : certificatesOf(tls),
    trust: mode === 'simple' || mode === 'istio-mutual' ? '' : trustOf(tls),
    // Istio offers it for HTTP only; bytes of any other protocol have no name there.
    alpn: isHttp ? ['h2', 'http/1.1'] : [],
    minVersion: VERSIONS[tls.minProtocolVersion ?? 'TLS_AUTO'] ?? 'TLSv1.2',
    maxVersion: VERSIONS[tls.maxProtocolVersion ?? 'TLS_AUTO'] ?? 'TLSv1.3',
    cipherSuites: (tls.cipherSuites ?? []).filter((name) => /^[A-Z0-9-]+$/.test(name)),
    curves: tls.ecdhCurves ?? [],
    subjectAltNames: mode === 'simple' ? [] : (tls.subjectAltNames ?? []),
    certificateSpki: tls.verifyCertificateSpki ?? [],
    certificateHashes: (tls.verifyCertificateHash ?? []).map((hash) =>
      hash.replaceAll(':', '').toLowerCase(),
    ),
    skipVerify: tls.insecureSkipVerify ?? false,
  };
}

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  TLSV1_0: 'TLSv1',
  TLSV1_1: 'TLSv1.1',
  TLSV1_2: 'TLSv1.2',
  TLSV1_3: 'TLSv1.3',
};

function modeOf({ mode }: ServerTls): DownstreamTlsSpec['mode'] {
  if (mode === 'MUTUAL') return 'mutual';
  if (mode === 'ISTIO_MUTUAL') return 'istio-mutual';
  return mode === 'OPTIONAL_MUTUAL' ? 'optional-mutual' : 'simple';
}

function namesOf({ credentialName = '', credentialNames = [] }: ServerTls): readonly string[] {
  return credentialName === '' ? credentialNames : [credentialName];
}

/** One family of sources, as the validation has made sure; at most two certificates, as in Istio. */
function certificatesOf(tls: ServerTls): string[] {
  const names = namesOf(tls);
  if (names.length > 0) return names.map(secretName.credential);
  const pairs = (tls.tlsCertificates ?? []).length > 0 ? (tls.tlsCertificates ?? []) : [tls];
  return pairs
    .slice(0, 2)
    .map(({ serverCertificate = '', privateKey = '' }) =>
      secretName.certificateFiles(serverCertificate, privateKey),
    );
}

function trustOf(tls: ServerTls): string {
  const [name] = namesOf(tls);
  const authority = tls.caCertCredentialName ?? '';
  if (authority !== '') return secretName.credential(authority);
  if (name !== undefined) return secretName.trustOf(name);
  return secretName.trustFile(tls.caCertificates ?? '', tls.caCrl ?? '');
}
