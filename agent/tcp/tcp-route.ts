import type { Random } from '../../base/random.ts';
import type { TcpRouteSpec } from '../../model/listener.ts';
import { createAddressMatcher } from '../listener/address.ts';
import { createWeightedChoice, pickWeighted } from '../policy/weighted.ts';

export interface TcpRoute {
  readonly spec: TcpRouteSpec;
  /** Name of the cluster for one connection. */
  pick(random: Random): string;
}

export interface TcpRouteTable {
  /** Bytes of the caller are needed before a route can be chosen. */
  readonly needsServerName: boolean;
  /** null = no rule matches. */
  match(serverName: string, destination: string): TcpRoute | null;
}

/** The most specific SNI wins whatever the order (ISTIO.md 1.7); among equals the first rule. */
export function createTcpRouteTable(specs: readonly TcpRouteSpec[]): TcpRouteTable {
  const routes = specs.map((spec) => {
    const choice = createWeightedChoice(spec.clusters.map(({ name, weight }) => [name, weight] as const));
    const { sniHosts, destinationSubnets } = spec.match;
    const isSubnet = createAddressMatcher(destinationSubnets);
    const route: TcpRoute = {
      spec,
      pick: (random) => (choice.items.length === 0 ? '' : pickWeighted(choice, random())),
    };
    return { route, sniHosts, isAnywhere: destinationSubnets.length === 0, isSubnet };
  });
  return {
    needsServerName: routes.some(({ sniHosts }) => sniHosts.length > 0),
    match(serverName, destination) {
      let best: TcpRoute | null = null;
      let bestRank = -1;
      for (const { route, sniHosts, isAnywhere, isSubnet } of routes) {
        if (!isAnywhere && !isSubnet(destination)) continue;
        const rank = rankServerName(sniHosts, serverName);
        if (rank <= bestRank) continue;
        best = route;
        bestRank = rank;
      }
      return best;
    },
  };
}

/** -1 = no match; any name at all ranks lowest, then wildcards by length, an exact name highest. */
function rankServerName(hosts: readonly string[], name: string): number {
  if (hosts.length === 0) return 0;
  let rank = -1;
  for (const host of hosts) {
    if (host === name) return Number.POSITIVE_INFINITY;
    const suffix = host.slice(1);
    if (host.startsWith('*') && name.length > suffix.length && name.endsWith(suffix)) {
      rank = Math.max(rank, host.length);
    }
  }
  return rank;
}
