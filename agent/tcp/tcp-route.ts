import type { Random } from '../../base/random.ts';
import type { TcpRouteSpec } from '../../model/listener.ts';
import { type AddressMatcher, createAddressMatcher } from '../listener/address.ts';
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

/**
 * The narrowest subnet decides first, then the most specific SNI, whatever the order; among equals the first rule
 * (Envoy's filter chain match, ISTIO.md §1.7).
 */
export function createTcpRouteTable(specs: readonly TcpRouteSpec[]): TcpRouteTable {
  const routes = specs.map((spec) => {
    const choice = createWeightedChoice(spec.clusters.map(({ name, weight }) => [name, weight] as const));
    const { sniHosts, destinationSubnets } = spec.match;
    const route: TcpRoute = {
      spec,
      pick: (random) => (choice.items.length === 0 ? '' : pickWeighted(choice, random())),
    };
    return { route, sniHosts, subnets: destinationSubnets.map(createSubnet) };
  });
  return {
    needsServerName: routes.some(({ sniHosts }) => sniHosts.length > 0),
    match(serverName, destination) {
      const ranks = routes.map(({ subnets }) => rankSubnets(subnets, destination));
      const narrowest = Math.max(-1, ...ranks);
      if (narrowest < 0) return null;
      let best: TcpRoute | null = null;
      let bestRank = -1;
      for (const [index, { route, sniHosts }] of routes.entries()) {
        if (ranks[index] !== narrowest) continue;
        const rank = rankServerName(sniHosts, serverName);
        if (rank <= bestRank) continue;
        best = route;
        bestRank = rank;
      }
      return best;
    },
  };
}

interface Subnet {
  readonly contains: AddressMatcher;
  /** Length of its prefix, a single address being the narrowest. */
  readonly length: number;
}

function createSubnet(text: string): Subnet {
  const length = text.split('/')[1];
  return {
    contains: createAddressMatcher([text]),
    length: length === undefined ? Number.POSITIVE_INFINITY : Number(length),
  };
}

/** -1 = no match; any address at all ranks lowest, then ranges by the length of their prefix. */
function rankSubnets(subnets: readonly Subnet[], address: string): number {
  if (subnets.length === 0) return 0;
  let rank = -1;
  for (const { contains, length } of subnets) if (contains(address)) rank = Math.max(rank, 1 + length);
  return rank;
}

/** -1 = no match; any name at all ranks lowest, then wildcards by length, an exact name highest. */
export function rankServerName(hosts: readonly string[], name: string): number {
  if (hosts.length === 0) return 0;
  let rank = -1;
  for (const host of hosts) {
    if (host === name) return Number.POSITIVE_INFINITY;
    if (host === '*') rank = Math.max(rank, 0);
    const suffix = host.slice(1);
    if (host.startsWith('*') && name.length > suffix.length && name.endsWith(suffix)) {
      rank = Math.max(rank, host.length);
    }
  }
  return rank;
}
