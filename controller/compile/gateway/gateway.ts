import { gatewayFamily } from '../../../istio/gateway-family.ts';
import type { GatewayServer } from '../../../istio/schema/gateway.ts';
import { matchesLabels } from '../../../model/labels.ts';
import type { ListenerSpec, TlsServerSpec } from '../../../model/listener.ts';
import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../../model/route.ts';
import { httpsRedirect } from '../routes/default-routes.ts';
import { compileHttpRoutes, isCatchAll } from '../routes/http-route.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { autoPassthroughRoutes } from './auto-passthrough.ts';
import { compileGatewayL4 } from './gateway-l4.ts';
import {
  type BoundServer,
  boundHosts,
  isAutoPassedThrough,
  isHttps,
  isPassedThrough,
  routeContext,
  rulesOf,
  splitHost,
} from './gateway-servers.ts';
import { compileServerTls } from './server-tls.ts';

export interface GatewayResult {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
}

/** A server's port is the one of the gateway's Service, if that has it: its container listens on the target port. */
function containerPort(index: WorldIndex, proxy: Workload, port: number): number {
  for (const { members, ports } of index.world.services) {
    const own = members.includes(proxy.id) ? ports.find(({ number }) => number === port) : undefined;
    if (own !== undefined) return own.targetPort;
  }
  return port;
}

/** The address that a server is for, '' = any; null = a Unix socket, which nobody outside the container could dial. */
function bindOf({ bind = '' }: GatewayServer): string | null {
  if (bind.startsWith('unix://')) return null;
  return bind === '0.0.0.0' || bind === '::' ? '' : bind;
}

/**
 * All that a gateway proxy answers: servers of one port and address are one listener, whichever Gateways they are from. The first
 * decides what is spoken there; one that speaks otherwise is left out (ISTIO.md §3, "same port mixed").
 */
export function compileGateway(index: WorldIndex, proxy: Workload): GatewayResult {
  const sockets = new Map<string, { port: number; bind: string; all: BoundServer[] }>();
  for (const gateway of index.gateways) {
    if (!matchesLabels(gateway.spec.selector ?? {}, proxy.labels)) continue;
    for (const server of gateway.spec.servers ?? []) {
      const bind = bindOf(server);
      if (bind === null) continue;
      const port = containerPort(index, proxy, server.port?.number ?? 0);
      const socket = sockets.get(`${port} ${bind}`) ?? { port, bind, all: [] };
      sockets.set(`${port} ${bind}`, socket);
      socket.all.push({ gateway, server });
    }
  }
  const listeners: ListenerSpec[] = [];
  const routes: RouteConfigSpec[] = [];
  for (const { port, bind, all } of [...sockets.values()].sort((a, b) => a.port - b.port)) {
    const family = all[0] === undefined ? null : gatewayFamily(all[0].server);
    const servers = all.filter(({ server }) => gatewayFamily(server) === family);
    const name = `${bind || '0.0.0.0'}_${port}`;
    const listener = { name, direction: 'gateway', port, addresses: bind === '' ? [] : [bind] } as const;
    if (family === 'http') {
      const routeName = bind === '' ? `http.${port}` : `http.${port}.${bind}`;
      const config = compileRouteConfig(index, proxy, port, servers, routeName);
      routes.push(config);
      listeners.push({ ...listener, protocol: 'http', route: config.name, tcp: null });
    } else if (family === 'tls') {
      const tls = compileTlsPort(index, proxy, port, servers);
      routes.push(...tls.routes);
      listeners.push({ ...listener, protocol: 'tls', route: null, ...tls.listener });
    } else {
      const tcp = compileGatewayL4(index, proxy, false, servers);
      listeners.push({ ...listener, protocol: 'tcp', route: null, tcp });
    }
  }
  return { listeners, routes };
}

/**
 * A port of TLS: each server that ends it has certificates and routes of its own, by SNI; the others pass it on, by rules or by the cluster
 * that it names. Of two servers with one SNI host the first has it (ISTIO.md §3, "same port HTTPS + HTTPS").
 */
function compileTlsPort(index: WorldIndex, proxy: Workload, port: number, servers: readonly BoundServer[]) {
  const routes: RouteConfigSpec[] = [];
  const tlsServers: TlsServerSpec[] = [];
  const taken = new Set<string>();
  for (const bound of servers.filter(
    ({ server }) => !isPassedThrough(server) && !isAutoPassedThrough(server),
  )) {
    const { gateway, server } = bound;
    const hosts = (server.hosts ?? []).map((host) => splitHost(host, gateway.namespace).dns);
    const sniHosts = hosts.filter((host) => !taken.has(host));
    if (sniHosts.length === 0) continue;
    for (const host of sniHosts) taken.add(host);
    const chain = {
      sniHosts: sniHosts.includes('*') ? [] : sniHosts,
      tls: compileServerTls(server, isHttps(server)),
    };
    if (isHttps(server)) {
      const name = `https.${server.port?.number ?? port}.${server.port?.name ?? ''}.${gateway.name}.${gateway.namespace}`;
      routes.push(compileRouteConfig(index, proxy, port, [bound], name));
      tlsServers.push({ ...chain, route: name, tcp: null });
    } else tlsServers.push({ ...chain, route: null, tcp: compileGatewayL4(index, proxy, false, [bound]) });
  }
  const passing = servers.filter(({ server }) => isPassedThrough(server));
  const automatic = autoPassthroughRoutes(index, proxy, servers);
  const tcp = [...compileGatewayL4(index, proxy, true, passing), ...automatic];
  return { routes, listener: tlsServers.length === 0 ? { tcp } : { tcp, tlsServers } };
}

function compileRouteConfig(
  index: WorldIndex,
  proxy: Workload,
  port: number,
  servers: readonly BoundServer[],
  configName: string,
): RouteConfigSpec {
  const hosts = new Map<string, RouteSpec[]>();
  const redirects = new Map<string, RouteSpec>();
  for (const { gateway, server } of servers) {
    const isRedirect = server.tls?.httpsRedirect === true;
    const redirect = (host: string) =>
      redirects.set(host, httpsRedirect(gateway, (gateway.spec.servers ?? []).indexOf(server)));
    if (isRedirect) for (const host of server.hosts ?? []) redirect(splitHost(host, gateway.namespace).dns);
    const name = `${gateway.namespace}/${gateway.name}`;
    for (const rule of rulesOf(index, proxy, name)) {
      const bound = boundHosts(rule, gateway, server);
      if (bound.length === 0) continue;
      const routes = compileHttpRoutes(rule, {
        ...routeContext(index, proxy, name, server.port?.number ?? port),
        isTls: isHttps(server),
      });
      for (const host of bound) {
        hosts.set(host, [...(hosts.get(host) ?? []), ...routes]);
        if (isRedirect) redirect(host);
      }
    }
  }
  const virtualHosts = [...new Set([...hosts.keys(), ...redirects.keys()])].map((host): VirtualHostSpec => {
    const redirect = redirects.get(host);
    const routes = catchAllsLast(hosts.get(host) ?? []);
    return {
      name: `${host}:${port}`,
      domains: [host],
      routes: redirect === undefined ? routes : [redirect, ...routes],
    };
  });
  const isGrpcWeb = servers[0]?.server.port?.protocol?.toUpperCase() === 'GRPC-WEB';
  return {
    name: configName,
    ...(isGrpcWeb && { isGrpcWeb }),
    virtualHosts: virtualHosts.filter(({ routes }) => routes.length > 0),
  };
}

/** Rules of several VirtualServices for one host: what matches everything must not hide the rest. */
function catchAllsLast(routes: readonly RouteSpec[]): RouteSpec[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}
