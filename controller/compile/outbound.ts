import { isSubsetOf, mostSpecificMatch, resolveShortName } from '../../istio/host.ts';
import type { Resource } from '../../istio/resource.ts';
import type { TcpRoute, VirtualServiceSpec } from '../../istio/schema/virtual-service.ts';
import { type Labels, matchesLabels } from '../../model/labels.ts';
import type { ListenerSpec, TcpRouteSpec } from '../../model/listener.ts';
import {
  BLACK_HOLE_CLUSTER,
  MESH_GATEWAY,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
} from '../../model/names.ts';
import type { RouteConfigSpec, VirtualHostSpec } from '../../model/route.ts';
import { catchAllHost, defaultRoute } from './default-routes.ts';
import { httpRulesOf } from './delegates.ts';
import { resolveGateway } from './gateway-names.ts';
import { clusterOf, compileHttpRoutes, type RouteContext } from './http-route.ts';
import { isVisible, visibilityRank } from './visibility.ts';
import type { PortProtocol, Service, ServicePort } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** What one sidecar's outbound side depends on; sidecars that agree on it share every result. */
export interface OutboundView {
  readonly namespace: string;
  /** Reduced to the keys that rules ask for. */
  readonly labels: Labels;
}

export interface OutboundResult {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
}

const TCP_IDLE_MS = 3_600_000;

/** The services that a namespace may see. */
export function visibleServices(index: WorldIndex, namespace: string): readonly Service[] {
  return index.shared.get(`visible ${namespace}`, () =>
    index.world.services.filter((service) => isVisible(service.exportTo, service.namespace, namespace)),
  );
}

export function compileOutbound(index: WorldIndex, view: OutboundView): OutboundResult {
  const rules = meshRules(index, view.namespace);
  const services = visibleServices(index, view.namespace);
  const httpPorts = new Map<number, Service[]>();
  const listeners: ListenerSpec[] = [];
  for (const service of services) {
    for (const port of service.ports) {
      if (servesHttp(port.protocol))
        httpPorts.set(port.number, [...(httpPorts.get(port.number) ?? []), service]);
      if (!isPlainHttp(port.protocol)) listeners.push(...addressListeners(index, view, rules, service, port));
    }
  }
  const routes = [...httpPorts].map(([port, members]) =>
    compileRouteConfig(index, view, rules, port, members),
  );
  for (const [port, members] of httpPorts) listeners.push(anyAddressListener(port, members));
  listeners.push(catchAllListener(index));
  return { listeners: withUniqueNames(listeners), routes };
}

const servesHttp = (protocol: PortProtocol) => isPlainHttp(protocol) || protocol === 'auto';
const isPlainHttp = (protocol: PortProtocol) => protocol === 'http' || isHttp2(protocol);
const isHttp2 = (protocol: PortProtocol) =>
  protocol === 'http2' || protocol === 'grpc' || protocol === 'grpc-web';

/** VirtualServices that act in sidecars of a namespace, in the order in which they are looked at. */
function meshRules(index: WorldIndex, namespace: string): readonly Resource<VirtualServiceSpec>[] {
  return index.shared.get(`mesh rules ${namespace}`, () => {
    const visible = index.virtualServices.filter(
      ({ spec, namespace: owner }) =>
        (spec.hosts ?? []).length > 0 &&
        isVisible(spec.exportTo, owner, namespace) &&
        (spec.gateways === undefined || spec.gateways.length === 0 || spec.gateways.includes(MESH_GATEWAY)),
    );
    const rank = (rule: Resource<VirtualServiceSpec>) =>
      visibilityRank(rule.spec.exportTo, rule.namespace, namespace);
    return visible.toSorted((a, b) => rank(a) - rank(b));
  });
}

/** The rule that owns a host: of those that name it most specifically the first; later ones are not merged. */
function ruleFor(
  rules: readonly Resource<VirtualServiceSpec>[],
  hostname: string,
): Resource<VirtualServiceSpec> | undefined {
  const host = mostSpecificMatch(hostname, rules.flatMap(hostsOf));
  return host === null ? undefined : rules.find((rule) => hostsOf(rule).includes(host));
}

function hostsOf(rule: Resource<VirtualServiceSpec>): string[] {
  return (rule.spec.hosts ?? []).map((host) => resolveShortName(host, rule.namespace));
}

function routeContext(index: WorldIndex, view: OutboundView, port: number): RouteContext {
  return {
    gateway: MESH_GATEWAY,
    ...view,
    port,
    findService: (hostname) => index.servicesByHost.get(hostname),
    rulesOf: (rule) => httpRulesOf(index, rule),
  };
}

function compileRouteConfig(
  index: WorldIndex,
  view: OutboundView,
  rules: readonly Resource<VirtualServiceSpec>[],
  port: number,
  services: readonly Service[],
): RouteConfigSpec {
  const context = routeContext(index, view, port);
  const hosts: VirtualHostSpec[] = services.map((service) => {
    const rule = ruleFor(rules, service.hostname);
    const routes = rule === undefined ? [] : compileHttpRoutes(rule, context);
    return {
      name: `${service.hostname}:${port}`,
      domains: serviceDomains(service, view.namespace),
      routes: routes.length > 0 ? routes : [defaultRoute(service, port)],
    };
  });
  if (port === 80) hosts.push(...unregisteredHosts(index, rules, context));
  hosts.push(catchAllHost(index.world.mesh.outboundTrafficPolicy));
  return { name: String(port), virtualHosts: withUniqueDomains(hosts) };
}

/** Hosts of rules that are no service are known on port 80 alone (ISTIO.md §1.1). */
function unregisteredHosts(
  index: WorldIndex,
  rules: readonly Resource<VirtualServiceSpec>[],
  context: RouteContext,
): VirtualHostSpec[] {
  return rules.flatMap((rule) =>
    hostsOf(rule)
      .filter((host) => !index.world.services.some((service) => isSubsetOf(service.hostname, host)))
      .map((host) => ({ name: `${host}:80`, domains: [host], routes: compileHttpRoutes(rule, context) }))
      .filter(({ routes }) => routes.length > 0),
  );
}

/** The forms of a service's name that a caller of a namespace may use; the bare name in its own namespace only. */
export function serviceDomains(service: Service, namespace: string): string[] {
  const { name, namespace: own, hostname } = service;
  const short = own === namespace ? [name] : [];
  return [hostname, ...short, `${name}.${own}`, `${name}.${own}.svc`, ...service.vips];
}

/** The first virtual host keeps a domain; one that keeps none goes (ISTIO.md §1.1, "duplicate domains"). */
function withUniqueDomains(hosts: readonly VirtualHostSpec[]): VirtualHostSpec[] {
  const seen = new Set<string>();
  return hosts
    .map((host) => {
      const domains = host.domains.filter((domain) => !seen.has(domain));
      for (const domain of domains) seen.add(domain);
      return { ...host, domains };
    })
    .filter(({ domains }) => domains.length > 0);
}

/** HTTP on a port, whatever the address: Host decides. Bytes that are no HTTP go where they were going. */
function anyAddressListener(port: number, services: readonly Service[]): ListenerSpec {
  const protocols = services
    .flatMap((service) => service.ports.filter(({ number }) => number === port))
    .map((each) => each.protocol);
  const isDetected = protocols.includes('auto') || protocols.some(isHttp2);
  return {
    name: `0.0.0.0_${port}`,
    direction: 'outbound',
    port,
    addresses: [],
    protocol: isDetected ? 'auto' : 'http',
    route: String(port),
    tcp: isDetected ? [tcpRoute(PASSTHROUGH_CLUSTER)] : null,
  };
}

/** A service's own addresses on a port that is not (only) HTTP. */
function addressListeners(
  index: WorldIndex,
  view: OutboundView,
  rules: readonly Resource<VirtualServiceSpec>[],
  service: Service,
  port: ServicePort,
): ListenerSpec[] {
  if (port.protocol === 'udp') return [];
  const addresses = serviceAddresses(index, service);
  if (addresses.length === 0) return [];
  const isAuto = port.protocol === 'auto';
  return [
    {
      name: `${addresses[0]}_${port.number}`,
      direction: 'outbound',
      port: port.number,
      addresses,
      protocol: isAuto ? 'auto' : port.protocol === 'https' || port.protocol === 'tls' ? 'tls' : 'tcp',
      route: isAuto ? String(port.number) : null,
      tcp: compileTcp(index, view, rules, service, port),
    },
  ];
}

/** Virtual addresses; and those of its containers, where Docker's own name server answers with them. */
function serviceAddresses(index: WorldIndex, service: Service): string[] {
  const containers = service.isDockerName || service.headless ? service.members : [];
  return [
    ...service.vips,
    ...containers.flatMap((id) => index.workloadsById.get(id)?.addresses.map(({ address }) => address) ?? []),
  ];
}

function compileTcp(
  index: WorldIndex,
  view: OutboundView,
  rules: readonly Resource<VirtualServiceSpec>[],
  service: Service,
  port: ServicePort,
): TcpRouteSpec[] {
  const rule = ruleFor(rules, service.hostname);
  const context = routeContext(index, view, port.number);
  const routes = (rule?.spec.tcp ?? [])
    .filter((route) => appliesTo(route, context, rule?.namespace ?? ''))
    .map((route) => ({
      ...tcpRoute(''),
      match: {
        sniHosts: [],
        destinationSubnets: (route.match ?? []).flatMap((match) => match.destinationSubnets ?? []),
      },
      clusters: weighted(route, rule?.namespace ?? '', context),
    }));
  return [...routes, tcpRoute(outboundClusterName(port.number, '', service.hostname))];
}

/** All conditions of a TCP match hold together, unlike those of HTTP (ISTIO.md §1.7). */
function appliesTo(route: TcpRoute, context: RouteContext, namespace: string): boolean {
  const matches = route.match ?? [];
  return (
    matches.length === 0 ||
    matches.some(
      (match) =>
        (match.port === undefined || match.port === context.port) &&
        (match.gateways === undefined ||
          match.gateways.some((each) => resolveGateway(each, namespace) === context.gateway)) &&
        (match.sourceNamespace === undefined || match.sourceNamespace === context.namespace) &&
        matchesLabels(match.sourceLabels ?? {}, context.labels),
    )
  );
}

function weighted(route: TcpRoute, namespace: string, context: RouteContext): TcpRouteSpec['clusters'] {
  const destinations = route.route ?? [];
  return destinations
    .map(({ destination, weight }) => ({
      name: clusterOf(destination ?? {}, namespace, context),
      weight: destinations.length === 1 ? 1 : (weight ?? 0),
    }))
    .filter(({ weight }) => weight > 0);
}

export function tcpRoute(cluster: string): TcpRouteSpec {
  return {
    match: { sniHosts: [], destinationSubnets: [] },
    clusters: [{ name: cluster, weight: 1 }],
    idleTimeoutMs: TCP_IDLE_MS,
    statPrefix: cluster,
  };
}

/** Ports that nobody listens on: passed on untouched, or closed. */
function catchAllListener(index: WorldIndex): ListenerSpec {
  const isOpen = index.world.mesh.outboundTrafficPolicy === 'ALLOW_ANY';
  return {
    name: 'virtualOutbound',
    direction: 'outbound',
    port: 0,
    addresses: [],
    protocol: 'tcp',
    route: null,
    tcp: [tcpRoute(isOpen ? PASSTHROUGH_CLUSTER : BLACK_HOLE_CLUSTER)],
  };
}

/** Two services at one address and port: the first has it (ISTIO.md §8, "listener conflicts"). */
function withUniqueNames(listeners: readonly ListenerSpec[]): ListenerSpec[] {
  const seen = new Set<string>();
  return listeners.filter(({ name }) => !seen.has(name) && seen.add(name));
}
