import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';

/**
 * The host that a call itself names, by the address that it went to or by its Host, where the cluster has none of its
 * own; null = it has no address, undefined = the cluster has hosts to choose from.
 */
export function namedHost(
  cluster: Cluster,
  { request, pipeline, downstream }: ForwardedExchange,
): Host | null | undefined {
  const { clock } = pipeline.services;
  switch (cluster.spec.discovery.kind) {
    case 'original-destination': {
      const { address, port } = downstream.peer.originalDestination;
      return cluster.originalHost(address, port, clock.now());
    }
    case 'requested-name':
      return cluster.hostByName(request.authority, clock.now());
    default:
      return undefined;
  }
}
