import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointSpec } from '../../model/endpoint.ts';

/**
 * Docker takes the network away from under an agent whose application has ended: its last words may be lost, and what
 * waits for them would wait for ever where the controller is away too.
 */
const KEEPALIVE_IN_MESH = { timeMs: 10_000, intervalMs: 5_000, probes: 3 };

/** A cluster's settings as they hold for one of its hosts: automatic mutual TLS is a matter of each. */
export function specForHost(cluster: ClusterSpec, { mutualTls, workload }: EndpointSpec): ClusterSpec {
  const { connections, autoTls } = cluster;
  const isWatched = workload !== '' && connections.tcpKeepalive === null;
  if (!isWatched && (!mutualTls || autoTls === undefined)) return cluster;
  return {
    ...cluster,
    ...(isWatched && { connections: { ...connections, tcpKeepalive: KEEPALIVE_IN_MESH } }),
    ...(mutualTls && autoTls !== undefined && { tls: autoTls }),
  };
}
