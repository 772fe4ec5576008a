import type { PatchMatch } from '../../../istio/schema/envoy-filter.ts';
import type { ListenerDirection, ListenerSpec } from '../../../model/listener.ts';
import type { RouteSpec, VirtualHostSpec } from '../../../model/route.ts';

/** Where requests of one route config come in: what the `match` of an EnvoyFilter's patch asks for. */
export interface RoutePlace {
  readonly route: string;
  readonly direction: ListenerDirection;
  readonly listeners: readonly PlaceListener[];
}

interface PlaceListener {
  readonly name: string;
  /** Its own, and those of services that mean it. */
  readonly ports: readonly number[];
  /** Empty = any, or no TLS. */
  readonly sniHosts: readonly string[];
}

/**
 * By the name of the route config.
 * @param servicePorts ports of services that mean a port of the proxy: a gateway's 80 is 8080 in its container
 */
export function placesOf(
  listeners: readonly ListenerSpec[],
  servicePorts: (port: number) => readonly number[],
): ReadonlyMap<string, RoutePlace> {
  const places = new Map<string, RoutePlace>();
  const add = (
    route: string | null,
    { name, port, direction }: ListenerSpec,
    sniHosts: readonly string[],
  ) => {
    if (route === null) return;
    const known = places.get(route)?.listeners ?? [];
    places.set(route, {
      route,
      direction,
      listeners: [...known, { name, ports: [port, ...servicePorts(port)], sniHosts }],
    });
  };
  for (const listener of listeners) {
    add(listener.route, listener, []);
    for (const { route, sniHosts } of listener.tlsServers ?? []) add(route, listener, sniHosts);
  }
  return places;
}

const CONTEXTS: Readonly<Record<string, ListenerDirection>> = {
  ...{ SIDECAR_INBOUND: 'inbound', SIDECAR_OUTBOUND: 'outbound', GATEWAY: 'gateway' },
};

function matchesContext({ context = 'ANY' }: PatchMatch, { direction }: RoutePlace): boolean {
  return context === 'ANY' || CONTEXTS[context] === direction;
}

/** The one network filter that limiters are put into. */
const HTTP_MANAGER = 'envoy.filters.network.http_connection_manager';

/** For HTTP filters. All that arrives at a sidecar comes by one listener of Envoy: there a port is that of a chain. */
export function matchesListener(match: PatchMatch, place: RoutePlace): boolean {
  const { portNumber, name, filterChain } = match.listener ?? {};
  const { sni, destinationPort, filter } = filterChain ?? {};
  const filterName = filter?.name ?? HTTP_MANAGER;
  if (!matchesContext(match, place) || filterName !== HTTP_MANAGER) return false;
  return place.listeners.some(
    (listener) =>
      isAmong(portNumber, listener.ports) &&
      isAmong(destinationPort, listener.ports) &&
      (isOneOf(name, listener.name) || (place.direction === 'inbound' && name === 'virtualInbound')) &&
      (isOneOf(sni, '') || listener.sniHosts.includes(sni ?? '')),
  );
}

/** For route configs, virtual hosts and routes. */
export function matchesRouteConfig(match: PatchMatch, place: RoutePlace): boolean {
  const { portNumber, name } = match.routeConfiguration ?? {};
  return (
    matchesContext(match, place) &&
    isOneOf(name, place.route) &&
    place.listeners.some(({ ports }) => isAmong(portNumber, ports))
  );
}

export function matchesHost(match: PatchMatch, place: RoutePlace, host: VirtualHostSpec): boolean {
  const { name: wanted, domainName } = match.routeConfiguration?.vhost ?? {};
  const { name, domains } = host;
  const ports = place.direction === 'gateway' ? place.listeners.flatMap((each) => each.ports) : [];
  const others = ports.map((port) => name.replace(/:\d+$/, `:${port}`));
  return (
    isAmong(wanted, [name, ...others]) && (isOneOf(domainName, '') || domains.includes(domainName ?? ''))
  );
}

const ACTIONS = { route: 'ROUTE', redirect: 'REDIRECT', direct: 'DIRECT_RESPONSE' } as const;

export function matchesRoute(match: PatchMatch, { name, action }: RouteSpec): boolean {
  const { name: wanted, action: kind = 'ANY' } = match.routeConfiguration?.vhost?.route ?? {};
  return isOneOf(wanted, name) && (kind === 'ANY' || kind === ACTIONS[action.kind]);
}

function isAmong<Value>(wanted: Value | undefined, values: readonly Value[]): boolean {
  return values.some((value) => isOneOf(wanted, value));
}

/** What is not said, or empty, asks for nothing. */
function isOneOf<Value>(wanted: Value | undefined, value: Value): boolean {
  return wanted === undefined || wanted === '' || wanted === 0 || wanted === value;
}
