import type { UpstreamTlsSpec } from '../../model/cluster.ts';
import type { DownstreamTlsSpec } from '../../model/listener.ts';

/**
 * What is agreed on by ALPN, in Istio's words: they tell mutual TLS of the mesh from TLS of applications, and HTTP
 * inside it from TCP.
 */
export const MESH_ALPN = {
  http1: ['istio-http/1.1', 'istio', 'http/1.1'],
  http2: ['istio-h2', 'istio', 'h2'],
  tcp: ['istio-peer-exchange', 'istio'],
} as const;

/** As the server prefers them; the plain names are those of callers that were told to use TLS by hand. */
const ACCEPTED = [
  ...['istio-peer-exchange', 'istio-h2', 'istio-http/1.1', 'istio-http/1.0', 'istio', 'h2', 'http/1.1'],
];

/**
 * How a sidecar ends mutual TLS of the mesh (Istio's `BuildDownstreamTLSContext`). The curves are Envoy's own: OpenSSL
 * would offer a post-quantum exchange first, whose share alone makes the first message four times as long.
 */
export const MESH_TLS: DownstreamTlsSpec = {
  ...{ mode: 'mutual', certificates: [], trust: '', alpn: ACCEPTED, skipVerify: false },
  ...{ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', cipherSuites: [], curves: ['X25519', 'P-256'] },
  ...{ subjectAltNames: [], certificateSpki: [], certificateHashes: [] },
};

/** A caller that offers one of these is a proxy of the mesh. */
export function isMeshAlpn(offered: readonly string[]): boolean {
  return offered.some((name) => name === 'istio' || name.startsWith('istio-'));
}

/** What is inside, by what was agreed on; null = nobody said. */
export function protocolOfAlpn(agreed: string | false | null): 'http1' | 'http2' | 'tcp' | null {
  switch (agreed) {
    case 'istio-h2':
    case 'h2':
      return 'http2';
    case 'istio-http/1.1':
    case 'istio-http/1.0':
      return 'http1';
    case 'istio-peer-exchange':
      return 'tcp';
    default:
      return null;
  }
}

/** The cluster's TLS with the words for what will be spoken inside, where it is that of the mesh. */
export function withMeshAlpn(tls: UpstreamTlsSpec, inside: keyof typeof MESH_ALPN): UpstreamTlsSpec {
  return tls.mode === 'istio-mutual' ? { ...tls, alpn: MESH_ALPN[inside] } : tls;
}
