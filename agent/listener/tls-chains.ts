import type { ListenerSpec } from '../../model/listener.ts';
import type { RouteConfigSpec } from '../../model/route.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import { createTcpRouteTable, rankServerName } from '../tcp/tcp-route.ts';
import type { TlsServer } from '../tls/tls-server.ts';
import type { Listener, TlsChain, TlsChains } from './listener-table.ts';

/** The most specific SNI wins over all chains and over what is passed on; among equals TLS that ends here. */
export function createTlsChains(
  spec: ListenerSpec,
  createServer: (tls: NonNullable<ListenerSpec['tlsServers']>[number]['tls']) => TlsServer | null,
  pipelineOf: (route: RouteConfigSpec['name'] | null) => HttpPipeline | null,
): TlsChains | null {
  const { tlsServers = [], tcp } = spec;
  if (tlsServers.length === 0) return null;
  const chains = tlsServers.map((each) => {
    const { route } = each;
    const protocol = route === null ? 'tcp' : 'http';
    const inner: ListenerSpec = { ...spec, protocol, route, tcp: each.tcp, tlsServers: [] };
    const tcpTable = each.tcp === null ? null : createTcpRouteTable(each.tcp);
    const inside: Listener = {
      ...{ spec: inner, pipeline: pipelineOf(route), tcp: tcpTable, isDeadEnd: false, tls: null },
    };
    return {
      sniHosts: each.sniHosts,
      chain: {
        server: each.tls.mode === 'istio-mutual' ? ('mesh' as const) : createServer(each.tls),
        inside,
      },
    };
  });
  return {
    pick(serverName) {
      let best: TlsChain | null = null;
      let bestRank = -1;
      for (const { sniHosts, chain } of chains) {
        const rank = rankServerName(sniHosts, serverName);
        if (rank <= bestRank) continue;
        best = chain;
        bestRank = rank;
      }
      const isPassedOn = tcp?.some(({ match }) => rankServerName(match.sniHosts, serverName) > bestRank);
      return isPassedOn === true ? null : best;
    },
  };
}
