import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointsSpec } from '../../model/endpoint.ts';
import type { ListenerSpec } from '../../model/listener.ts';
import { parseClusterName } from '../../model/names.ts';
import type { RouteConfigSpec, RouteSpec } from '../../model/route.ts';
import { type Format, formatAs } from '../terminal/output.ts';
import { formatTable } from '../terminal/table.ts';
import { type DumpedSecret, secretTable } from './secret-table.ts';

/** `file:line` of the rules that routes and policies come from, by their id (model/rule-id.ts). */
export type Places = Readonly<Record<string, string>>;

/** `/debug/config_dump?proxyID=…` of the controller. */
export interface ConfigDump {
  readonly proxy: string;
  readonly listener: readonly ListenerSpec[];
  readonly route: readonly RouteConfigSpec[];
  readonly cluster: readonly ClusterSpec[];
  readonly endpoint: readonly EndpointsSpec[];
  readonly secret: readonly DumpedSecret[];
  readonly places: Places;
}

export type ConfigKind = 'listener' | 'route' | 'cluster' | 'endpoint' | 'secret';

export interface ConfigFilter {
  readonly port?: number;
  readonly fqdn?: string;
  readonly subset?: string;
  readonly direction?: string;
  readonly name?: string;
}

export const CONFIG_KINDS: readonly ConfigKind[] = ['listener', 'route', 'cluster', 'endpoint', 'secret'];

/** What istioctl's `proxy-config KIND` prints, as a table, JSON or YAML. */
export function formatConfig(
  dump: ConfigDump,
  kind: ConfigKind,
  filter: ConfigFilter,
  output: Format,
): string {
  const chosen = select(dump, kind, filter);
  return formatAs(output, chosen, () => formatConfigTable(kind, chosen, dump.places));
}

/** All kinds, of each what the filter lets through. */
export function formatAllConfig(dump: ConfigDump, filter: ConfigFilter, output: Format): string {
  const chosen = Object.fromEntries(CONFIG_KINDS.map((kind) => [kind, select(dump, kind, filter)]));
  return formatAs(output, { proxy: dump.proxy, ...chosen, places: dump.places }, () =>
    CONFIG_KINDS.map((kind) => formatConfigTable(kind, chosen[kind] ?? [], dump.places)).join('\n\n'),
  );
}

function formatConfigTable(
  kind: ConfigKind,
  chosen: readonly { readonly name: string }[],
  places: Places,
): string {
  switch (kind) {
    case 'listener':
      return listenerTable(chosen as readonly ListenerSpec[]);
    case 'route':
      return routeTable(chosen as readonly RouteConfigSpec[], places);
    case 'cluster':
      return clusterTable(chosen as readonly ClusterSpec[]);
    case 'endpoint':
      return endpointTable(chosen as readonly EndpointsSpec[]);
    case 'secret':
      return secretTable(chosen as readonly DumpedSecret[], Date.now());
  }
}

function select(
  dump: ConfigDump,
  kind: ConfigKind,
  filter: ConfigFilter,
): readonly { readonly name: string }[] {
  switch (kind) {
    case 'listener':
      return dump.listener
        .filter(({ name }) => filter.name === undefined || name === filter.name)
        .filter(({ port }) => filter.port === undefined || port === filter.port)
        .filter(({ direction }) => filter.direction === undefined || direction === filter.direction)
        .toSorted((a, b) => a.direction.localeCompare(b.direction) || a.port - b.port);
    case 'route':
    case 'secret':
      return dump[kind].filter(({ name }) => filter.name === undefined || name === filter.name);
    default:
      return dump[kind].filter(
        ({ name }) => (filter.name === undefined || name === filter.name) && matchesCluster(name, filter),
      );
  }
}

function matchesCluster(name: string, { port, fqdn, subset, direction }: ConfigFilter): boolean {
  const parts = parseClusterName(name);
  if (port !== undefined && parts?.port !== port) return false;
  if (fqdn !== undefined && parts?.hostname !== fqdn) return false;
  if (subset !== undefined && parts?.subset !== subset) return false;
  return direction === undefined || parts?.direction === direction;
}

function listenerTable(listeners: readonly ListenerSpec[]): string {
  const rows = listeners.flatMap(({ addresses, port, direction, protocol, route, tcp, tlsServers = [] }) => {
    const place = [
      addresses.length === 0 ? '0.0.0.0' : addresses.join(','),
      port === 0 ? 'any' : String(port),
      direction,
    ];
    const ended = tlsServers.map((server) => [
      ...place,
      server.sniHosts.length === 0 ? 'SNI: *' : `SNI: ${shorten(server.sniHosts)}`,
      destinationOf(server.route, server.tcp),
    ]);
    const isEndedOnly = ended.length > 0 && (tcp ?? []).length === 0;
    return isEndedOnly ? ended : [...ended, [...place, protocol, destinationOf(route, tcp)]];
  });
  return formatTable([['ADDRESSES', 'PORT', 'DIRECTION', 'MATCH', 'DESTINATION'], ...rows]);
}

function destinationOf(route: ListenerSpec['route'], tcp: ListenerSpec['tcp']): string {
  return [
    ...(route === null ? [] : [`Route: ${route}`]),
    ...(tcp ?? []).map(({ clusters }) => `Cluster: ${clusters.map(({ name }) => name).join(', ')}`),
  ].join(' · ');
}

function routeTable(configs: readonly RouteConfigSpec[], places: Places): string {
  const rows = configs.flatMap(({ name, virtualHosts }) =>
    virtualHosts.flatMap((host) =>
      host.routes.map((route) => [
        name,
        host.name,
        shorten(host.domains),
        formatMatch(route),
        formatAction(route),
        places[route.rule] ?? '',
      ]),
    ),
  );
  return formatTable([['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'TO', 'ORIGIN'], ...rows]);
}

const shorten = (list: readonly string[]) =>
  list.length <= 2 ? list.join(', ') : `${list.slice(0, 2).join(', ')} + ${list.length - 2} more`;

function formatMatch({ match }: RouteSpec): string {
  const path = match.path === null ? '/*' : `${match.path.value}${match.path.kind === 'prefix' ? '*' : ''}`;
  const others = match.headers.length + match.queryParams.length;
  return others === 0 ? path : `${path} + ${others} ${others === 1 ? 'condition' : 'conditions'}`;
}

function formatAction({ action }: RouteSpec): string {
  switch (action.kind) {
    case 'redirect':
      return `redirect ${action.status}`;
    case 'direct':
      return `direct response ${action.status}`;
    case 'route':
      return action.clusters
        .map(({ name, weight }) => (action.clusters.length === 1 ? name : `${name} (${weight})`))
        .join(', ');
  }
}

function clusterTable(clusters: readonly ClusterSpec[]): string {
  const rows = clusters.map(({ name, discovery, loadBalancer }) => {
    const parts = parseClusterName(name);
    return [
      parts?.hostname || name,
      parts === null ? '-' : String(parts.port),
      parts?.subset || '-',
      parts?.direction ?? '-',
      discovery.kind,
      loadBalancer.policy,
    ];
  });
  return formatTable([['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'BALANCER'], ...rows]);
}

function endpointTable(all: readonly EndpointsSpec[]): string {
  const rows = all.flatMap(({ name, endpoints }) =>
    endpoints.map(({ address, port, health, workload }) => [
      `${address}:${port}`,
      health.toUpperCase(),
      workload,
      name,
    ]),
  );
  return formatTable([['ENDPOINT', 'STATUS', 'WORKLOAD', 'CLUSTER'], ...rows]);
}
