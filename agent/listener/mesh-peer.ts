import type { TLSSocket } from 'node:tls';
import type { NodeSpec } from '../../model/node.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { readSpiffeId } from '../identity/identity.ts';
import { isMeshAlpn } from '../identity/mesh-tls.ts';
import { readAlpn } from '../tcp/server-name.ts';
import { agreedTls, forwardedCertificate, OF_SIDECARS } from '../tls/forwarded-certificate.ts';
import type { Listener } from './listener-table.ts';

/** The caller's side of mutual TLS of the mesh, where connections arrive (PeerAuthentication). */

export const PLAINTEXT_REFUSED = 'plaintext where PeerAuthentication demands mutual TLS';

/** Mutual TLS of the mesh may come here; a caller that has proved who it is does not prove it twice. */
export function endsMeshTls({ spec }: Listener, { identity }: DownstreamPeer): boolean {
  return spec.mutualTls !== undefined && identity === '';
}

/** A caller without a certificate of the mesh is not served here. */
export function isForbidden({ spec }: Listener, { identity }: DownstreamPeer): boolean {
  return spec.mutualTls === 'strict' && identity === '';
}

/**
 * A client hello that is for this proxy: by Istio's words in its ALPN, else it is the application's own. Where nothing
 * but mutual TLS is served it always is, as Istio's only filter chain there takes all TLS.
 */
export function isForMesh(listener: Listener, peer: DownstreamPeer, hello: Buffer): boolean {
  if (!endsMeshTls(listener, peer)) return false;
  return listener.spec.mutualTls === 'strict' || isMeshHello(hello);
}

/** The caller says by its ALPN that it is a proxy of the mesh. */
export function isMeshHello(hello: Buffer | null): boolean {
  return hello !== null && isMeshAlpn(readAlpn(hello));
}

/** The same caller, with the name that it proved; null = its certificate names nobody of the mesh. */
export function describeMeshPeer(
  secure: TLSSocket,
  peer: DownstreamPeer,
  node: Pick<NodeSpec, 'identity' | 'headers'> | undefined,
): DownstreamPeer | null {
  const certificate = secure.getPeerX509Certificate();
  const identity = certificate === undefined ? '' : readSpiffeId(certificate);
  if (certificate === undefined || identity === '') return null;
  return {
    ...peer,
    isTls: true,
    tls: agreedTls(secure, certificate),
    identity,
    clientCertificate: forwardedCertificate(
      certificate,
      node?.identity ?? '',
      node?.headers?.certificateParts ?? OF_SIDECARS,
    ),
  };
}
