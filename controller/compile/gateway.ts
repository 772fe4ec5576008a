import { hostsMatch, isSubsetOf, resolveShortName } from '../../istio/host.ts';
import type { Resource } from '../../istio/resource.ts';
import type { GatewayServer, GatewaySpec } from '../../istio/schema/gateway.ts';
import type { VirtualServiceSpec } from '../../istio/schema/virtual-service.ts';
import { matchesLabels } from '../../model/labels.ts';
import type { ListenerSpec } from '../../model/listener.ts';
import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../model/route.ts';
import { httpsRedirect } from './default-routes.ts';
import { httpRulesOf } from './delegates.ts';
import { resolveGateway } from './gateway-names.ts';
import { defaultRetry } from './http-policies.ts';
import { compileHttpRoutes, isCatchAll, type RouteContext } from './http-route.ts';
import { visibleRules } from './mesh-rules.ts';
import type { Workload } from './world.ts';
import type { WorldIndex } from './world-index.ts';

export interface GatewayResult {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
}

/** One HTTP server of one Gateway that selects this proxy. */
interface BoundServer {
  readonly gateway: Resource<GatewaySpec>;
  readonly server: GatewayServer;
}

const HTTP_PROTOCOLS = new Set(['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB']);

/** A server's port is the one of the gateway's Service, if that has it: its container listens on the target port. */
function containerPort(index: WorldIndex, proxy: Workload, port: number): number {
  for (const { members, ports } of index.world.services) {
    const own = members.includes(proxy.id) ? ports.find(({ number }) => number === port) : undefined;
    if (own !== undefined) return own.targetPort;
  }
  return port;
}

/** All that a gateway proxy answers: servers of one port are one listener, whichever Gateways they are from. */
export function compileGateway(index: WorldIndex, proxy: Workload): GatewayResult {
  const byPort = new Map<number, BoundServer[]>();
  for (const gateway of index.gateways) {
    if (!matchesLabels(gateway.spec.selector ?? {}, proxy.labels)) continue;
    for (const server of gateway.spec.servers ?? []) {
      if (!HTTP_PROTOCOLS.has((server.port?.protocol ?? '').toUpperCase())) continue;
      const port = containerPort(index, proxy, server.port?.number ?? 0);
      byPort.set(port, [...(byPort.get(port) ?? []), { gateway, server }]);
    }
  }
  const ports = [...byPort].sort(([a], [b]) => a - b);
  return {
    listeners: ports.map(([port]) => gatewayListener(port)),
    routes: ports.map(([port, servers]) => compileRouteConfig(index, proxy, port, servers)),
  };
}

function gatewayListener(port: number): ListenerSpec {
  return {
    name: `0.0.0.0_${port}`,
    direction: 'gateway',
    port,
    addresses: [],
    protocol: 'http',
    route: `http.${port}`,
    tcp: null,
  };
}

function compileRouteConfig(
  index: WorldIndex,
  proxy: Workload,
  port: number,
  servers: readonly BoundServer[],
): RouteConfigSpec {
  const hosts = new Map<string, RouteSpec[]>();
  const redirects = new Map<string, RouteSpec>();
  for (const { gateway, server } of servers) {
    const isRedirect = server.tls?.httpsRedirect === true;
    const redirect = (host: string) => redirects.set(host, httpsRedirect(gateway));
    if (isRedirect) for (const host of server.hosts ?? []) redirect(splitHost(host, gateway.namespace).dns);
    const name = `${gateway.namespace}/${gateway.name}`;
    for (const rule of rulesOf(index, proxy, name)) {
      const bound = boundHosts(rule, gateway, server);
      if (bound.length === 0) continue;
      const routes = compileHttpRoutes(rule, routeContext(index, proxy, name, server.port?.number ?? port));
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
  return { name: `http.${port}`, virtualHosts: virtualHosts.filter(({ routes }) => routes.length > 0) };
}

function routeContext(index: WorldIndex, proxy: Workload, gateway: string, port: number): RouteContext {
  return {
    gateway,
    namespace: proxy.namespace,
    labels: proxy.labels,
    port,
    findService: (hostname) => index.servicesByHost.get(hostname),
    defaultRetry: defaultRetry(index.world.mesh),
    rulesOf: (rule) => httpRulesOf(index, rule),
  };
}

/** VirtualServices bound to a Gateway and visible in the proxy's namespace. */
function rulesOf(index: WorldIndex, proxy: Workload, gateway: string): Resource<VirtualServiceSpec>[] {
  return visibleRules(index, proxy.namespace, ({ gateways = [] }, { namespace }) =>
    gateways.some((each) => resolveGateway(each, namespace) === gateway),
  );
}

/** For each host of rule and server that meet, the narrower of the two (ISTIO.md §1.1, "gateway host binding"). */
function boundHosts(
  rule: Resource<VirtualServiceSpec>,
  gateway: Resource<GatewaySpec>,
  server: GatewayServer,
): string[] {
  const bound = new Set<string>();
  for (const ruleHost of rule.spec.hosts ?? []) {
    const host = resolveShortName(ruleHost, rule.namespace);
    for (const serverHost of server.hosts ?? []) {
      const { namespace, dns } = splitHost(serverHost, gateway.namespace);
      if (namespace !== '*' && namespace !== rule.namespace) continue;
      if (hostsMatch(host, dns)) bound.add(isSubsetOf(host, dns) ? host : dns);
    }
  }
  return [...bound];
}

/** `ns/host`; `./host` means the Gateway's own namespace, no prefix any. */
function splitHost(host: string, own: string): { namespace: string; dns: string } {
  const slash = host.indexOf('/');
  if (slash < 0) return { namespace: '*', dns: host.toLowerCase() };
  const namespace = host.slice(0, slash);
  return { namespace: namespace === '.' ? own : namespace, dns: host.slice(slash + 1).toLowerCase() };
}

/** Rules of several VirtualServices for one host: what matches everything must not hide the rest. */
function catchAllsLast(routes: readonly RouteSpec[]): RouteSpec[] {
  return [...routes.filter((route) => !isCatchAll(route)), ...routes.filter(isCatchAll)];
}
