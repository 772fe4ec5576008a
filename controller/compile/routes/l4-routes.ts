import { resolveShortName } from '../../../istio/host.ts';
import type { TcpRoute, TlsRoute } from '../../../istio/schema/virtual-service.ts';
import { matchesLabels } from '../../../model/labels.ts';
import type { TcpRouteSpec } from '../../../model/listener.ts';
import { MESH_GATEWAY, outboundClusterName, parseClusterName } from '../../../model/names.ts';
import { ruleId } from '../../../model/rule-id.ts';
import type { DestinationPolicy } from '../clusters/destination-rules.ts';
import { selectBlocks } from '../clusters/traffic-policy.ts';
import { resolveGateway } from '../gateway/gateway-names.ts';
import type { Service } from '../world.ts';
import { milliseconds } from './http-policies.ts';
import { clusterOf, type RouteContext } from './http-route.ts';
import type { VirtualService } from './mesh-rules.ts';

/** TCP and TLS routes of a service's port (ISTIO.md §1.7); Istio's buildSidecarOutboundTCP/TLSFilterChainOpts. */

/** Envoy's default for tcp_proxy. */
const TCP_IDLE_MS = 3_600_000;

export interface L4Context extends RouteContext {
  /** The DestinationRule in force for this caller, for the idle timeout. */
  policyOf(service: Service): DestinationPolicy;
}

type L4Match = NonNullable<TcpRoute['match']>[number] | NonNullable<TlsRoute['match']>[number];

export function tcpRoute(cluster: string, idleTimeoutMs = TCP_IDLE_MS): TcpRouteSpec {
  return {
    match: { sniHosts: [], destinationSubnets: [] },
    clusters: [{ name: cluster, weight: 1 }],
    idleTimeoutMs,
    statPrefix: cluster,
  };
}

/**
 * In the order of the rules; the first that names no subnet ends the list, else the service itself does.
 * @param rules every rule with a host that covers the service
 */
export function compileTcpRoutes(
  rules: readonly VirtualService[],
  service: Service,
  context: L4Context,
): TcpRouteSpec[] {
  const routes: TcpRouteSpec[] = [];
  for (const rule of rules) {
    for (const [index, tcp] of (rule.spec.tcp ?? []).entries()) {
      const matches = (tcp.match ?? []).filter((match) => appliesTo(match, rule.namespace, context));
      if ((tcp.match ?? []).length > 0 && matches.length === 0) continue;
      const end = matches.findIndex((match) => (match.destinationSubnets ?? []).length === 0);
      const subnets = matches.flatMap((match) => match.destinationSubnets ?? []);
      const isLast = matches.length === 0 || end >= 0;
      const match = { sniHosts: [], destinationSubnets: isLast ? [] : subnets };
      routes.push(routeTo(tcp, { source: rule, part: `tcp[${index}]` }, match, context));
      if (isLast) return routes;
    }
  }
  return [...routes, toService(service, [], context)];
}

/**
 * One route for each match: the most specific SNI wins at run time; of equal ones the first. A service without such a
 * rule gets its own name as SNI, where no address tells it from others.
 */
export function compileTlsRoutes(
  rules: readonly VirtualService[],
  service: Service,
  hasAddress: boolean,
  context: L4Context,
): TcpRouteSpec[] {
  const routes = tlsRoutesOf(rules, context);
  return routes.length > 0 ? routes : [toService(service, hasAddress ? [] : [service.hostname], context)];
}

export function tlsRoutesOf(rules: readonly VirtualService[], context: L4Context): TcpRouteSpec[] {
  const routes = new Map<string, TcpRouteSpec>();
  for (const rule of rules) {
    for (const [index, tls] of (rule.spec.tls ?? []).entries()) {
      for (const match of tls.match ?? []) {
        if (!appliesTo(match, rule.namespace, context)) continue;
        const sniHosts = (match.sniHosts ?? []).map((host) => host.toLowerCase());
        const destinationSubnets = match.destinationSubnets ?? [];
        const key = `${sniHosts.join()}|${destinationSubnets.join()}`;
        const place = { source: rule, part: `tls[${index}]` };
        if (!routes.has(key)) routes.set(key, routeTo(tls, place, { sniHosts, destinationSubnets }, context));
      }
    }
  }
  return [...routes.values()];
}

/** The first TCP route that applies, for a gateway's server: `port` and `gateways` are all that count there. */
export function firstTcpRoute(rules: readonly VirtualService[], context: L4Context): TcpRouteSpec | null {
  for (const rule of rules) {
    for (const [index, tcp] of (rule.spec.tcp ?? []).entries()) {
      const matches = tcp.match ?? [];
      if (matches.length > 0 && !matches.some((match) => appliesTo(match, rule.namespace, context))) continue;
      const match = { sniHosts: [], destinationSubnets: [] };
      return routeTo(tcp, { source: rule, part: `tcp[${index}]` }, match, context);
    }
  }
  return null;
}

/** All conditions of an L4 match hold together, unlike those of HTTP; a gateway's callers have no source. */
function appliesTo(match: L4Match, namespace: string, context: RouteContext): boolean {
  const { port = 0, gateways = [] } = match;
  const isMesh = context.gateway === MESH_GATEWAY;
  const { sourceNamespace = '', sourceLabels = {} } = isMesh ? match : {};
  return (
    (port === 0 || port === context.port) &&
    (gateways.length === 0 || gateways.some((each) => resolveGateway(each, namespace) === context.gateway)) &&
    (sourceNamespace === '' || sourceNamespace === context.namespace) &&
    matchesLabels(sourceLabels, context.labels)
  );
}

/** Where a rule is written. */
interface RulePlace {
  readonly source: VirtualService;
  readonly part: string;
}

function routeTo(
  { route = [] }: TcpRoute | TlsRoute,
  { source, part }: RulePlace,
  match: TcpRouteSpec['match'],
  context: L4Context,
): TcpRouteSpec {
  const { namespace } = source;
  const clusters = route
    .map(({ destination, weight }) => ({
      name: clusterOf(destination ?? {}, namespace, context),
      weight: route.length === 1 ? 1 : (weight ?? 0),
    }))
    .filter(({ weight }) => weight > 0);
  const [first] = route;
  const service = context.findService(resolveShortName(first?.destination?.host ?? '', namespace));
  const name = clusters[0]?.name ?? '';
  const tunnel = service === undefined ? null : tunnelOf(name, service, context);
  return {
    match,
    clusters,
    ...(tunnel !== null && { tunnel }),
    idleTimeoutMs: service === undefined ? TCP_IDLE_MS : idleTimeout(name, service, context),
    statPrefix: name,
    rule: ruleId(source, part),
  };
}

function toService(service: Service, sniHosts: readonly string[], context: L4Context): TcpRouteSpec {
  const [only] = service.ports;
  const port = service.ports.length === 1 && only !== undefined ? only.number : context.port;
  const cluster = outboundClusterName(port, '', service.hostname);
  const route = tcpRoute(cluster, idleTimeout(cluster, service, context));
  return { ...route, match: { sniHosts, destinationSubnets: [] } };
}

/** That of the first destination; a subset does not inherit it, and no port has one of its own (Istio's tunnelingconfig). */
function tunnelOf(cluster: string, service: Service, context: L4Context): string | null {
  const { trafficPolicy, subsets } = context.policyOf(service);
  const subset = parseClusterName(cluster)?.subset ?? '';
  const policy = subset === '' ? trafficPolicy : subsets.find(({ name }) => name === subset)?.trafficPolicy;
  const { targetHost = '', targetPort = 0 } = policy?.tunnel ?? {};
  if (policy?.tunnel === undefined) return null;
  return `${targetHost.includes(':') ? `[${targetHost}]` : targetHost}:${targetPort}`;
}

/** `connectionPool.tcp.idleTimeout` of the first destination. */
export function idleTimeout(cluster: string, service: Service, context: L4Context): number {
  const { trafficPolicy, subsets } = context.policyOf(service);
  const parts = parseClusterName(cluster);
  const subset = subsets.find(({ name }) => name === parts?.subset);
  const idle = selectBlocks(trafficPolicy, subset, parts?.port ?? 0).connectionPool?.tcp?.idleTimeout;
  return idle === undefined ? TCP_IDLE_MS : milliseconds(idle);
}
