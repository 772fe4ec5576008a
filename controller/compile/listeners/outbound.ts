import { isPlainHttp } from '../../../istio/port-protocol.ts';
import type { ListenerSpec, TcpRouteSpec } from '../../../model/listener.ts';
import { DYNAMIC_DNS_CLUSTER, DYNAMIC_DNS_ROUTE } from '../../../model/names.ts';
import type { RouteConfigSpec, VirtualHostSpec } from '../../../model/route.ts';
import { findDestinationPolicy } from '../clusters/destination-rules.ts';
import { catchAllHost } from '../routes/default-routes.ts';
import { compileTcpRoutes, compileTlsRoutes, type L4Context, tcpRoute } from '../routes/l4-routes.ts';
import {
  compileRouteConfig,
  type HttpService,
  type OutboundView,
  routeContext,
  serviceHost,
} from '../routes/outbound-routes.ts';
import { faceOf, serviceAddresses } from '../service-names.ts';
import type { PortProtocol, Service, ServicePort } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { type EgressScope, type SidecarScope, unknownTcpCluster } from './sidecar-scope.ts';

export interface OutboundResult {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
}

/** What meets on one port where the address tells nothing. */
interface SharedPort {
  readonly http: HttpService[];
  readonly l4: TcpRouteSpec[];
  readonly protocols: Set<PortProtocol>;
}

export function compileOutbound(index: WorldIndex, view: OutboundView): OutboundResult {
  const listeners: ListenerSpec[] = [];
  const routes: RouteConfigSpec[] = [];
  const taken = new Set<number>();
  for (const egress of view.scope.egress) {
    const part = compileEgress(index, view, egress, egress.port === null ? [...taken] : []);
    listeners.push(...part.listeners);
    routes.push(...part.routes);
    if (egress.port !== null) taken.add(egress.port);
  }
  listeners.push(
    index.shared.keep(`last listener ${view.key}`, [index.config], () => catchAllListener(view.scope)),
  );
  routes.push(
    ...index.shared.keep(`last routes ${view.key}`, [index.config], () => catchAllRoutes(view.scope)),
  );
  const unique = withUniqueNames(listeners);
  return {
    listeners: index.shared.keep(`listeners ${view.key}`, unique, () => unique),
    routes: index.shared.keep(`route configs ${view.key}`, routes, () => routes),
  };
}

/** @param taken ports that other listeners have */
function compileEgress(
  index: WorldIndex,
  view: OutboundView,
  egress: EgressScope,
  taken: readonly number[],
): OutboundResult {
  const shared = new Map<number, SharedPort>();
  const listeners: ListenerSpec[] = [];
  const routes: RouteConfigSpec[] = [];
  const isFree = ({ number, protocol }: ServicePort) => protocol !== 'udp' && !taken.includes(number);
  // A rule may lead to other services, whose own rules then count.
  const others = egress.rules.hasL4Rules ? index.servicesByHost : null;
  const parts = index.shared.keepEach(
    `ports ${view.key} ${view.scope.egress.indexOf(egress)} ${taken.join()}`,
    [index.config, others],
    egress.services,
    (service) => service.ports.filter(isFree).map((port) => compilePort(index, view, egress, service, port)),
  );
  for (const part of parts.flat()) {
    if (part.host !== null || part.isShared) join(shared, part);
    if (part.listener !== null) listeners.push(part.listener);
    if (part.route !== null) routes.push(part.route);
  }
  for (const [port, members] of shared) {
    const name = egress.bind === '' ? String(port) : `${egress.bind}_${port}`;
    if (members.http.length > 0)
      routes.push(compileRouteConfig(index, view, egress, name, port, members.http));
    // Made anew each time, and the old one if it is equal.
    listeners.push(
      index.shared.keep(`listener ${view.key} ${name}`, [members], () => {
        return sharedListener(view, egress, name, port, members);
      }),
    );
  }
  return { listeners, routes };
}

/** What follows from one port of a service: its part of a shared port, and what it has at its own addresses. */
interface PortPart {
  readonly service: Service;
  readonly port: ServicePort;
  readonly isShared: boolean;
  readonly host: VirtualHostSpec | null;
  /** On the shared port. */
  readonly l4: readonly TcpRouteSpec[];
  readonly listener: ListenerSpec | null;
  readonly route: RouteConfigSpec | null;
}

function compilePort(
  index: WorldIndex,
  view: OutboundView,
  egress: EgressScope,
  service: Service,
  port: ServicePort,
): PortPart {
  const { number, protocol } = port;
  const addresses = egress.bind === '' ? serviceAddresses(index, service) : [egress.bind];
  const isShared = (addresses.length === 0 && !service.headless) || isToldByName(service, protocol);
  const host = servesHttp(protocol) ? serviceHost(index, view, egress, service, number) : null;
  const part = { service, port, isShared, host, l4: [], listener: null, route: null };
  if (isPlainHttp(protocol)) return part;
  const l4Routes = (hasAddress: boolean) => compileL4(index, view, egress, service, port, hasAddress);
  const l4 = isShared ? l4Routes(false) : [];
  if (addresses.length === 0) return { ...part, l4 };
  const key = `${view.key} ${egress.port} ${service.hostname}:${number}`;
  const others = egress.rules.l4RulesOf(service.hostname).length > 0 ? index.servicesByHost : null;
  const inputs = [index.config, faceOf(index, service), addresses, others];
  const listener = index.shared.keep(`listener ${key}`, inputs, () =>
    addressListener(service, port, addresses, l4Routes(true)),
  );
  if (host === null) return { ...part, l4, listener };
  const route = index.shared.keep(`own routes ${key}`, [host], () => {
    return { name: host.name, virtualHosts: [{ ...host, domains: ['*'] }] };
  });
  return { ...part, l4, listener, route };
}

const servesHttp = (protocol: PortProtocol) => isPlainHttp(protocol) || protocol === 'auto';
const isTls = (protocol: PortProtocol) => protocol === 'https' || protocol === 'tls';

/** An application may hold the real address of a host outside, from before its capture; SNI tells the host as well. */
const isToldByName = ({ external }: Service, protocol: PortProtocol) =>
  external?.address === 'automatic' && isTls(protocol);

function join(shared: Map<number, SharedPort>, { service, port, host, l4 }: PortPart): void {
  const known = shared.get(port.number) ?? { http: [], l4: [], protocols: new Set<PortProtocol>() };
  shared.set(port.number, known);
  known.protocols.add(port.protocol);
  if (host !== null) known.http.push({ service, host });
  known.l4.push(...l4);
}

/**
 * A port whatever the address: Host decides, then SNI. Beside those of declared HTTP also those that are detected: an
 * application may hold an address that its container has lost, and Docker gives containers new ones often.
 */
function sharedListener(
  view: OutboundView,
  egress: EgressScope,
  route: string,
  port: number,
  { http, l4, protocols }: SharedPort,
): ListenerSpec {
  const tcp =
    l4.length > 0 || protocols.has('auto') ? [...l4, tcpRoute(unknownTcpCluster(view.scope))] : null;
  return {
    name: `${egress.bind === '' ? '0.0.0.0' : egress.bind}_${port}`,
    direction: 'outbound',
    port,
    addresses: egress.bind === '' ? [] : [egress.bind],
    protocol:
      http.length === 0 ? ([...protocols].every(isTls) ? 'tls' : 'tcp') : tcp === null ? 'http' : 'auto',
    route: http.length === 0 ? null : route,
    tcp,
  };
}

/** A service's own addresses on a port that is not (only) HTTP; there Host does not matter, as the address tells. */
function addressListener(
  service: Service,
  { number, protocol }: ServicePort,
  addresses: readonly string[],
  tcp: readonly TcpRouteSpec[],
): ListenerSpec {
  return {
    name: `${addresses[0]}_${number}`,
    direction: 'outbound',
    port: number,
    addresses,
    protocol: protocol === 'auto' ? 'auto' : isTls(protocol) ? 'tls' : 'tcp',
    route: protocol === 'auto' ? `${service.hostname}:${number}` : null,
    tcp,
  };
}

function compileL4(
  index: WorldIndex,
  view: OutboundView,
  egress: EgressScope,
  service: Service,
  port: ServicePort,
  hasAddress: boolean,
): TcpRouteSpec[] {
  const { namespace } = view.scope;
  const context: L4Context = {
    ...routeContext(index, view, port.number),
    policyOf: (each) =>
      findDestinationPolicy(
        index.destinationRules,
        index.world.mesh,
        { namespace, labels: view.labels },
        each,
      ),
  };
  const rules = egress.rules.l4RulesOf(service.hostname);
  return isTls(port.protocol)
    ? // One address stands for every host below a wildcard: which one is meant only its name tells.
      compileTlsRoutes(rules, service, hasAddress && service.external?.resolution !== 'DYNAMIC_DNS', context)
    : compileTcpRoutes(rules, service, context);
}

/** HTTP to hosts that nobody knows, on ports that nobody has: looked up by Host (`ALLOW_ANY_DYNAMIC_DNS`). */
function catchAllRoutes({ unknown }: SidecarScope): RouteConfigSpec[] {
  if (unknown !== DYNAMIC_DNS_CLUSTER) return [];
  return [{ name: DYNAMIC_DNS_ROUTE, virtualHosts: [catchAllHost(unknown)] }];
}

/** Ports that nobody listens on: passed on untouched, or closed. */
function catchAllListener(scope: SidecarScope): ListenerSpec {
  const [route] = catchAllRoutes(scope);
  return {
    name: 'virtualOutbound',
    direction: 'outbound',
    port: 0,
    addresses: [],
    protocol: route === undefined ? 'tcp' : 'auto',
    route: route?.name ?? null,
    tcp: [tcpRoute(unknownTcpCluster(scope))],
  };
}

/** Two services at one address and port: the first has it (ISTIO.md §8, "listener conflicts"). */
function withUniqueNames(listeners: readonly ListenerSpec[]): ListenerSpec[] {
  const seen = new Set<string>();
  return listeners.filter(({ name }) => !seen.has(name) && seen.add(name));
}
