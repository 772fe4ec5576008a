import type { RequestHead } from '../codec/head.ts';
import type { HashedPeer } from '../policy/hash-policy.ts';
import { getHeader } from '../policy/headers.ts';
import type { HttpPipeline } from './pipeline.ts';

/**
 * Whose address `useSourceIp` hashes: the downstream's. Behind trusted proxies (gatewayTopology.numTrustedProxies) that
 * is the address which they vouch for, as a gateway has written it down already.
 */
export function hashedPeer(
  peer: HashedPeer,
  { headers }: RequestHead,
  { direction, node }: HttpPipeline,
): HashedPeer {
  if (direction !== 'gateway' || node.numTrustedProxies === 0) return peer;
  const { remotePort, localAddress, localPort } = peer;
  const remoteAddress = getHeader(headers, 'x-envoy-external-address') ?? peer.remoteAddress;
  return { remoteAddress, remotePort, localAddress, localPort };
}
