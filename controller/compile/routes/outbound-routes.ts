import { isSubsetOf } from '../../../istio/host.ts';
import type { Labels } from '../../../model/labels.ts';
import { MESH_GATEWAY } from '../../../model/names.ts';
import type { RouteConfigSpec, VirtualHostSpec } from '../../../model/route.ts';
import { type EgressScope, type SidecarScope, serviceFor } from '../listeners/sidecar-scope.ts';
import { faceOf, serviceDomains } from '../service-names.ts';
import type { Service } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { catchAllHost, defaultRoute } from './default-routes.ts';
import { httpRulesOf } from './delegates.ts';
import { defaultRetry } from './http-policies.ts';
import { compileHttpRoutes, type RouteContext } from './http-route.ts';
import { hostsOf } from './mesh-rules.ts';

/** Routes of a sidecar's HTTP: which host on which port leads to which cluster. */

/** What one sidecar's outbound side depends on; sidecars that agree on it share every result. */
export interface OutboundView {
  /** Tells views of one World apart. */
  readonly key: string;
  readonly scope: SidecarScope;
  /** Reduced to the keys that rules ask for. */
  readonly labels: Labels;
}

export interface HttpService {
  readonly service: Service;
  readonly host: VirtualHostSpec;
}

export function routeContext(index: WorldIndex, view: OutboundView, port: number): RouteContext {
  return {
    gateway: MESH_GATEWAY,
    namespace: view.scope.namespace,
    labels: view.labels,
    port,
    findService: (hostname) => serviceFor(index, hostname, view.scope.namespace),
    defaultRetry: defaultRetry(index.world.mesh),
    isTest: index.world.isTest === true,
    rulesOf: (rule) => httpRulesOf(index, rule),
  };
}

/** One service on one port: its rule's routes, or the default where it has none that applies to this proxy. */
export function serviceHost(
  index: WorldIndex,
  view: OutboundView,
  egress: EgressScope,
  service: Service,
  port: number,
): VirtualHostSpec {
  const name = `${service.hostname}:${port}`;
  const inputs = [index.config, faceOf(index, service)];
  return index.shared.keep(`host ${view.key} ${egress.port} ${name}`, inputs, () => {
    const context = routeContext(index, view, port);
    const rule = egress.rules.ownerOf(service.hostname);
    const routes = rule === undefined ? [] : compileHttpRoutes(rule, context);
    return {
      name,
      domains: serviceDomains(service, view.scope.namespace),
      routes: routes.length > 0 ? routes : [defaultRoute(service, port, context.defaultRetry)],
    };
  });
}

/** All HTTP on a port, whatever the address: the services that have the port, and hosts that nobody knows. */
export function compileRouteConfig(
  index: WorldIndex,
  view: OutboundView,
  egress: EgressScope,
  name: string,
  port: number,
  services: readonly HttpService[],
): RouteConfigSpec {
  const known = services.map(({ host }) => host);
  // One filter for all services of the port: the first one's protocol decides (Istio's buildHTTPConnectionManager).
  const [first] = services;
  const isGrpcWeb = first?.service.ports.find(({ number }) => number === port)?.protocol === 'grpc-web';
  const key = `routes ${view.key} ${name}${isGrpcWeb ? ' of gRPC-Web' : ''}`;
  return index.shared.keep(key, [index.config, ...known], () => {
    const others = port === 80 ? unregisteredHosts(egress, services, routeContext(index, view, port)) : [];
    return {
      name,
      ...(isGrpcWeb && { isGrpcWeb }),
      virtualHosts: withUniqueDomains([...known, ...others, catchAllHost(view.scope.unknown)]),
    };
  });
}

/** Hosts of rules that are no service of port 80 are known there alone (ISTIO.md §1.1). */
function unregisteredHosts(
  { rules }: EgressScope,
  services: readonly HttpService[],
  context: RouteContext,
): VirtualHostSpec[] {
  return rules.rules.flatMap((rule) => {
    const hosts = hostsOf(rule).filter(
      (host) => !services.some(({ service }) => isSubsetOf(service.hostname, host)),
    );
    const routes = hosts.length === 0 ? [] : compileHttpRoutes(rule, context);
    return routes.length === 0 ? [] : hosts.map((host) => ({ name: `${host}:80`, domains: [host], routes }));
  });
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
