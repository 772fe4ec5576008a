import type { ClusterSpec } from '../../model/cluster.ts';
import { encodeProxyHeader, type ProxiedConnection } from '../codec/proxy-protocol.ts';
import type { DownstreamPeer, Pool } from '../exchange/streams.ts';
import { KeyedPools } from './keyed-pools.ts';

/** A caller's connection as a PROXY header tells it. */
export function proxiedConnection(peer: DownstreamPeer | undefined): ProxiedConnection | null {
  if (peer === undefined) return null;
  const { remoteAddress, remotePort, originalDestination } = peer;
  return {
    ...{ sourceAddress: remoteAddress, sourcePort: remotePort },
    destinationAddress: originalDestination.address,
    destinationPort: originalDestination.port,
  };
}

/** What is left of a caller that has gone is closed soon. */
const MAX_IDLE_MS = 60_000;

/** `proxyProtocol`: a connection to the host begins with its caller's addresses, so no two callers share one. */
export function createProxiedPools(
  spec: ClusterSpec,
  version: NonNullable<ClusterSpec['proxyProtocol']>,
  createPool: (spec: ClusterSpec, preface: Buffer) => Pool,
): Pool {
  const { connections } = spec;
  const idleTimeoutMs = Math.min(connections.idleTimeoutMs || MAX_IDLE_MS, MAX_IDLE_MS);
  const own = { ...spec, connections: { ...connections, idleTimeoutMs } };
  return new KeyedPools(
    (_head, { caller }) => (caller === undefined ? '' : `${caller.remoteAddress}|${caller.remotePort}`),
    (_key, { caller }) => createPool(own, encodeProxyHeader(version, proxiedConnection(caller))),
  );
}
