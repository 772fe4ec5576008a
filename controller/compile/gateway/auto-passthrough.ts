import { isSubsetOf } from '../../../istio/host.ts';
import type { ClusterSpec } from '../../../model/cluster.ts';
import type { ListenerSpec, TcpRouteSpec } from '../../../model/listener.ts';
import { outboundClusterName, sniClusterName } from '../../../model/names.ts';
import { findDestinationPolicy } from '../clusters/destination-rules.ts';
import { idleTimeout, type L4Context, tcpRoute } from '../routes/l4-routes.ts';
import { exportToOf, isVisible } from '../visibility.ts';
import type { Service, Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { type BoundServer, isAutoPassedThrough, routeContext, splitHost } from './gateway-servers.ts';

/**
 * Gateway servers of mode AUTO_PASSTHROUGH (Istio's `builtAutoPassthroughFilterChains`): mutual TLS between two
 * sidecars goes on unopened to the cluster that its SNI names, without a VirtualService. Only callers of the mesh, told
 * by their ALPN, and only services of the mesh whose name one of the server's hosts covers.
 */
export function autoPassthroughRoutes(
  index: WorldIndex,
  proxy: Workload,
  servers: readonly BoundServer[],
): TcpRouteSpec[] {
  const hosts = hostsOf(servers);
  if (hosts.length === 0) return [];
  const policyOf = (service: Service) =>
    findDestinationPolicy(index.destinationRules, index.world.mesh, proxy, service);
  return visibleServices(index, proxy)
    .filter(({ hostname }) => hosts.some((host) => isSubsetOf(hostname, host)))
    .flatMap((service) => {
      const subsets = ['', ...policyOf(service).subsets.map(({ name = '' }) => name)];
      const ports = service.ports.filter(({ protocol }) => protocol !== 'udp');
      return ports.flatMap(({ number }) => {
        const context: L4Context = { ...routeContext(index, proxy, '', number), policyOf };
        return subsets.map((subset) => toCluster(service, number, subset, context));
      });
    });
}

function toCluster(service: Service, port: number, subset: string, context: L4Context): TcpRouteSpec {
  const name = sniClusterName(port, subset, service.hostname);
  const idleMs = idleTimeout(outboundClusterName(port, subset, service.hostname), service, context);
  return {
    ...tcpRoute(name, idleMs),
    match: { sniHosts: [name], destinationSubnets: [], isMeshTls: true },
  };
}

/** A namespace before a host is not looked at, as in Istio. */
function hostsOf(servers: readonly BoundServer[]): string[] {
  return servers
    .filter(({ server }) => isAutoPassedThrough(server))
    .flatMap(
      ({ server, gateway }) => server.hosts?.map((host) => splitHost(host, gateway.namespace).dns) ?? [],
    );
}

function visibleServices({ world }: WorldIndex, { namespace: viewer }: Workload): Service[] {
  return world.services.filter(
    ({ exportTo, namespace, external }) =>
      external?.location !== 'MESH_EXTERNAL' &&
      // Where the call was going is this gateway.
      external?.resolution !== 'NONE' &&
      isVisible(exportToOf(exportTo, world.mesh.defaultServiceExportTo), namespace, viewer),
  );
}

/** Clusters of such routes: the hosts and limits of the ordinary ones; TLS is its callers' own. */
export function sniClusters(
  listeners: readonly ListenerSpec[],
  ordinary: readonly ClusterSpec[],
): ClusterSpec[] {
  const routes = listeners.flatMap(({ tcp }) => tcp?.filter(({ match }) => match.isMeshTls) ?? []);
  if (routes.length === 0) return [];
  const wanted = new Set(routes.flatMap(({ clusters }) => clusters.map(({ name }) => name)));
  return ordinary.flatMap(({ autoTls: _, ...cluster }) => {
    const [, port = '', subset = '', hostname = ''] = cluster.name.split('|');
    const name = sniClusterName(Number(port), subset, hostname);
    if (!wanted.has(name) || cluster.discovery.kind === 'original-destination') return [];
    return [{ ...cluster, name, protocol: 'tcp' as const, tls: null }];
  });
}
