import type { RouteView } from '../../model/console.ts';
import type { ListenerSpec, TcpRouteSpec } from '../../model/listener.ts';
import type { RouteConfigSpec } from '../../model/route.ts';
import type { Resources } from '../../model/snapshot.ts';
import type { FindRule } from '../world/find-rule.ts';
import {
  actionInWords,
  type Clusters,
  destinationsInWords,
  extrasInWords,
  matchInWords,
} from './route-words.ts';

/** What a proxy does with what comes to it, listener by listener, in the order in which it is asked. */
export function routeViews({ listener, route, cluster }: Resources, findRule: FindRule): RouteView[] {
  const told = new Set<string>();
  return [...listener.values()].flatMap((spec) => {
    const parts = [spec, ...(spec.tlsServers ?? [])];
    return parts.flatMap(({ route: name, tcp }) => {
      const config = name === null ? undefined : route.get(name);
      // Several listeners with one table: it is told at the first of a direction.
      const key = `${spec.direction} ${name}`;
      const isNew = config !== undefined && !told.has(key);
      told.add(key);
      return [
        ...(isNew ? httpRoutes(spec, config, cluster, findRule) : []),
        ...(config === undefined || isTlsOnly(tcp) ? tcpRoutes(spec, tcp ?? [], cluster) : []),
      ];
    });
  });
}

function httpRoutes(
  { direction, name }: ListenerSpec,
  { virtualHosts }: RouteConfigSpec,
  clusters: Clusters,
  findRule: FindRule,
): RouteView[] {
  return virtualHosts.flatMap(({ domains, routes }) =>
    routes.map((route) => ({
      ...{ direction, listener: name, domains },
      match: matchInWords(route.match),
      action: actionInWords(route.action, clusters),
      extras: extrasInWords(route, clusters),
      rule: route.rule === '' ? null : findRule(route.rule),
    })),
  );
}

/** Beside HTTP the way of other bytes is of interest only where it depends on names of TLS. */
function isTlsOnly(tcp: readonly TcpRouteSpec[] | null): boolean {
  return tcp?.some(({ match }) => match.sniHosts.length > 0) ?? false;
}

function tcpRoutes(
  { direction, name, addresses, port }: ListenerSpec,
  routes: readonly TcpRouteSpec[],
  clusters: Clusters,
): RouteView[] {
  return routes.map(({ match, clusters: destinations }) => {
    const parts = [
      ...(match.sniHosts.length === 0 ? [] : [`TLS name ${match.sniHosts.join(' or ')}`]),
      ...(match.destinationSubnets.length === 0 ? [] : [`to ${match.destinationSubnets.join(' or ')}`]),
      ...(match.isMeshTls === true ? ['mutual TLS of the mesh'] : []),
    ];
    return {
      ...{ direction, listener: name, extras: [], rule: null },
      domains:
        addresses.length === 0
          ? [port === 0 ? 'any port' : `*:${port}`]
          : addresses.map((each) => `${each}:${port}`),
      match: parts.length === 0 ? 'any' : parts.join(', '),
      action: `TCP to ${destinationsInWords(destinations, clusters)}`,
    };
  });
}
