import { proxyConfigOf } from '../../istio/proxy-config.ts';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointsSpec } from '../../model/endpoint.ts';
import { LABEL, type Labels } from '../../model/labels.ts';
import { BUILT_IN_RATE_LIMIT_CLUSTER, spiffeId } from '../../model/names.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { RouteConfigSpec } from '../../model/route.ts';
import { emptyResources, type Resources, type Snapshot } from '../../model/snapshot.ts';
import { builtInClusters, type ClusterWithEndpoints, serviceClusters } from './clusters/clusters.ts';
import type { Caller } from './clusters/destination-rules.ts';
import { withHashPolicies } from './clusters/hash-policies.ts';
import type { CallerPlace } from './clusters/locality.ts';
import { compileConnectionSettings } from './connection-settings.ts';
import { sniClusters } from './gateway/auto-passthrough.ts';
import { compileGateway, type GatewayResult } from './gateway/gateway.ts';
import { parseHealthCheck } from './health-check.ts';
import { compileInbound } from './listeners/inbound.ts';
import { compileOutbound } from './listeners/outbound.ts';
import { scopeOf, serviceFor } from './listeners/sidecar-scope.ts';
import { compileNames } from './name-entries.ts';
import { OverlaidMap } from './overlaid-map.ts';
import { compileProxyHeaders } from './proxy-headers.ts';
import { builtInRateLimitCluster } from './rate-limits/rate-limit-cluster.ts';
import { askedClusters, compileRateLimits } from './rate-limits/rate-limits.ts';
import { networksKey } from './reachability.ts';
import { milliseconds } from './routes/http-policies.ts';
import { compileAuthentication } from './security/authentication.ts';
import { compileAuthorization } from './security/authorization.ts';
import { compileSecrets } from './security/secrets.ts';
import { compileAccessLogs } from './telemetry/access-logs.ts';
import { mergedMetricsOf } from './telemetry/application-metrics.ts';
import { compileMetricRules } from './telemetry/metric-rules.ts';
import { compileTracing } from './telemetry/tracing.ts';
import { canonicalNames, compileWorkloads } from './workload-specs.ts';
import type { Service, Workload } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** All that one proxy needs, out of the World alone. */
export function compileSnapshot(index: WorldIndex, proxy: Workload): Snapshot {
  return {
    resources: proxy.proxy === 'gateway' ? gatewayResources(index, proxy) : sidecarResources(index, proxy),
  };
}

function sidecarResources(index: WorldIndex, proxy: Workload): Resources {
  const networks = proxy.addresses.map(({ network }) => network);
  const scope = scopeOf(index, proxy);
  const labels = keepLabels(proxy.labels, index.sourceLabelKeys);
  const caller = { namespace: proxy.namespace, labels };
  const place = placeOf(index, proxy);
  const viewKey = `${scope.key} ${JSON.stringify(labels)}`;
  const outbound = index.shared.get(`outbound ${viewKey}`, () => {
    const { listeners, routes } = compileOutbound(index, { key: viewKey, scope, labels });
    return { listeners, routes: hashedRoutes(index, caller, viewKey, routes) };
  });
  const inbound = compileInbound(index, proxy, scope.sidecar);
  const authorization = compileAuthorization(index, proxy);
  const rateLimit = compileRateLimits(index, proxy, [outbound, inbound]);
  const node = nodeSpec(index, proxy);
  const asked = new Set([...askedClusters(rateLimit), ...collectorsOf(node)]);
  const services = withAsked(index, scope.services, authorization, asked);
  const others = services === scope.services ? '' : ` ${services.map(({ hostname }) => hostname)}`;
  const counting = asked.has(BUILT_IN_RATE_LIMIT_CLUSTER);
  const clusterView = `${viewKey} ${networksKey(proxy)} ${JSON.stringify(place)}${others}${counting ? ' counting' : ''}`;
  const upstream = index.shared.get(`upstream ${clusterView}`, () =>
    upstreamResources(index, caller, networks, place, services, clusterView, [
      ...builtInClusters(index).map((cluster) => ({ cluster, endpoints: null })),
      ...(counting ? [builtInRateLimitCluster(index)] : []),
    ]),
  );
  return {
    node: new Map([['self', node]]),
    authentication: compileAuthentication(index, proxy),
    authorization,
    rateLimit,
    listener: byName(index, proxy, `listeners ${viewKey}`, outbound.listeners, inbound.listeners),
    route: byName(index, proxy, `routes ${viewKey}`, outbound.routes, inbound.routes),
    cluster: byName(index, proxy, `clusters ${clusterView}`, upstream.clusters, inbound.clusters),
    secret: index.shared.get(`secrets ${proxy.namespace} ${clusterView}`, () =>
      compileSecrets(index, proxy, [], upstream.clusters),
    ),
    endpoint: upstream.endpoints,
    workload: compileWorkloads(index),
    name: compileNames(index, scope, networks),
  };
}

/** Whom CUSTOM policies and rate limits ask, and who collects traces, must be known to the proxy, whatever else it may see. */
function withAsked(
  { servicesByHost }: WorldIndex,
  services: readonly Service[],
  policies: ReadonlyMap<string, AuthorizationSpec>,
  asked: ReadonlySet<string>,
): readonly Service[] {
  const clusters = [...[...policies.values()].map(({ provider }) => provider?.cluster ?? ''), ...asked];
  const hosts = clusters.map((cluster) => cluster.split('|')[3] ?? '');
  const missing = [...new Set(hosts)]
    .flatMap((host) => servicesByHost.get(host) ?? [])
    .filter((service) => !services.includes(service));
  return missing.length === 0 ? services : [...services, ...missing];
}

/** Clusters of whoever gets this proxy's spans. */
function collectorsOf({ tracing }: NodeSpec): readonly string[] {
  return Object.values(tracing ?? {}).flatMap((spec) =>
    spec === null || spec.exporter.kind === 'controller' ? [] : [spec.exporter.cluster],
  );
}

function hashedRoutes(
  index: WorldIndex,
  caller: Caller,
  view: string,
  routes: readonly RouteConfigSpec[],
): readonly RouteConfigSpec[] {
  if (!index.hasConsistentHash) return routes;
  // Rules of services that come and go count too: made anew each time, and the old one if it is equal.
  return routes.map((config) =>
    index.shared.keep(`hashed routes ${view} ${config.name}`, [config, index.servicesByHost], () => {
      return withHashPolicies(index, caller, [config])[0] ?? config;
    }),
  );
}

/** What all proxies of a view have, and beside it what arrives at this one. */
function byName<Spec extends { readonly name: string }>(
  index: WorldIndex,
  proxy: Workload,
  key: string,
  outbound: readonly Spec[],
  inbound: readonly Spec[],
): ReadonlyMap<string, Spec> {
  const mapOf = (name: string, specs: readonly Spec[]) =>
    index.shared.keep(`map of ${name}`, [specs], () => new Map(specs.map((spec) => [spec.name, spec])));
  return new OverlaidMap(mapOf(key, outbound), mapOf(`${key} of ${proxy.id}`, inbound));
}

function gatewayResources(index: WorldIndex, proxy: Workload): Resources {
  const networks = proxy.addresses.map(({ network }) => network);
  const result = compileGateway(index, proxy);
  const used = usedHostnames(result);
  const authorization = compileAuthorization(index, proxy);
  const node = nodeSpec(index, proxy);
  const routed = index.world.services
    .filter((service) => used.has(service.hostname))
    .map((service) => serviceFor(index, service.hostname, proxy.namespace) ?? service);
  const rateLimit = compileRateLimits(index, proxy, [result]);
  const asked = new Set([...askedClusters(rateLimit), ...collectorsOf(node)]);
  const services = withAsked(index, routed, authorization, asked);
  const counting = asked.has(BUILT_IN_RATE_LIMIT_CLUSTER) ? [builtInRateLimitCluster(index)] : [];
  const caller = { namespace: proxy.namespace, labels: proxy.labels, isGateway: true };
  const place = placeOf(index, proxy);
  const upstream = upstreamResources(index, caller, networks, place, services, proxy.id, counting);
  const resources = emptyResources();
  for (const spec of result.listeners) resources.listener.set(spec.name, spec);
  for (const spec of withHashPolicies(index, proxy, result.routes)) resources.route.set(spec.name, spec);
  const clusters = [...upstream.clusters, ...sniClusters(result.listeners, upstream.clusters)];
  for (const spec of clusters) resources.cluster.set(spec.name, spec);
  resources.node.set('self', node);
  return {
    ...resources,
    authentication: compileAuthentication(index, proxy),
    authorization,
    rateLimit,
    secret: compileSecrets(index, proxy, result.listeners, upstream.clusters),
    endpoint: upstream.endpoints,
    workload: compileWorkloads(index),
    name: new Map(),
  };
}

/** Hosts of the clusters that a gateway's routes name: it needs no others. */
export function usedHostnames({ listeners, routes }: GatewayResult): Set<string> {
  const hostnames = new Set<string>();
  const l4 = listeners
    .flatMap(({ tcp, tlsServers = [] }) => [tcp, ...tlsServers.map((server) => server.tcp)])
    .flatMap((routes) => routes ?? [])
    .flatMap(({ clusters }) => clusters);
  for (const { name } of l4) hostnames.add(name.split(/\||_\./)[3] ?? '');
  for (const { virtualHosts } of routes) {
    for (const { action } of virtualHosts.flatMap((host) => host.routes)) {
      if (action.kind !== 'route') continue;
      for (const { name } of action.clusters) hostnames.add(name.split('|')[3] ?? '');
      for (const { cluster } of action.mirrors) hostnames.add(cluster.split('|')[3] ?? '');
    }
  }
  return hostnames;
}

interface UpstreamResources {
  readonly clusters: readonly ClusterSpec[];
  readonly endpoints: ReadonlyMap<string, EndpointsSpec>;
}

function upstreamResources(
  index: WorldIndex,
  caller: Caller,
  networks: readonly string[],
  place: CallerPlace,
  services: readonly Service[],
  key: string,
  builtIns: readonly ClusterWithEndpoints[],
): UpstreamResources {
  const callerKey = JSON.stringify([caller, networks, place]);
  const ofServices = index.shared.keepEach(
    `clusters of each ${key} ${callerKey}`,
    [index.config],
    services,
    (service) => serviceClusters(index, service, caller, networks, place),
  );
  const pairs = [...ofServices.flat(), ...builtIns];
  const clusters = pairs.map(({ cluster }) => cluster);
  const endpoints = pairs.map((pair) => pair.endpoints).filter((each) => each !== null);
  return {
    clusters: index.shared.keep(`cluster list ${key}`, clusters, () => clusters),
    endpoints: index.shared.keep(`endpoint map ${key}`, endpoints, () => {
      return new Map(endpoints.map((spec) => [spec.name, spec]));
    }),
  };
}

function placeOf(index: WorldIndex, proxy: Workload): CallerPlace {
  const { locality, labels } = proxy;
  const peers = index.isZoneAware ? peersOf(index, proxy) : {};
  return { locality, labels: keepLabels(labels, index.placeLabelKeys), peers };
}

/** By locality, in one order, so that equal callers share results. */
function peersOf({ world }: WorldIndex, { workload, namespace }: Workload): Record<string, number> {
  const peers: Record<string, number> = {};
  const localities = world.workloads
    .filter((each) => each.workload === workload && each.namespace === namespace && each.health === 'ready')
    .map(({ locality }) => locality);
  for (const locality of localities.sort()) peers[locality] = (peers[locality] ?? 0) + 1;
  return peers;
}

function keepLabels(labels: Labels, keys: readonly string[]): Labels {
  const kept: Record<string, string> = {};
  for (const key of keys) {
    const value = labels[key];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

/** By default the check is for the first port of the container's services. */
function healthCheckOf({ world }: WorldIndex, { id, labels }: Workload): Pick<NodeSpec, 'healthCheck'> {
  const label = labels[LABEL.healthcheck];
  if (label === undefined) return {};
  const ports = world.services.filter(({ members }) => members.includes(id)).flatMap((each) => each.ports);
  const check = parseHealthCheck(label, ports.find(({ protocol }) => protocol !== 'udp')?.targetPort ?? 0);
  return check === null ? {} : { healthCheck: check };
}

/** ProxyConfig.terminationDrainDuration. */
const DEFAULT_DRAIN = '5s';

function nodeSpec(index: WorldIndex, proxy: Workload): NodeSpec {
  const { mesh, meshId, isTest } = index.world;
  const isGateway = proxy.proxy === 'gateway';
  const config = proxyConfigOf(mesh.defaultConfig, proxy.labels);
  const headers = compileProxyHeaders(config, isGateway);
  const metrics = compileMetricRules(index, proxy);
  const tracing = compileTracing(index, proxy);
  return {
    id: `${isGateway ? 'router' : 'sidecar'}~${proxy.name}.${proxy.namespace}`,
    kind: isGateway ? 'gateway' : 'sidecar',
    name: proxy.workload,
    namespace: proxy.namespace,
    labels: proxy.labels,
    serviceAccount: proxy.serviceAccount,
    identity: spiffeId(proxy.namespace, proxy.serviceAccount, mesh.trustDomain),
    ...canonicalNames(proxy),
    meshId,
    addresses: proxy.addresses.map(({ address }) => address),
    ...compileConnectionSettings(config, mesh.pathNormalization, isGateway),
    protocolDetectionTimeoutMs: mesh.protocolDetectionTimeoutMs,
    numTrustedProxies: config.gatewayTopology?.numTrustedProxies ?? 0,
    ...(headers !== null && { headers }),
    ...(isGateway && config.gatewayTopology?.proxyProtocol !== undefined && { takesProxyProtocol: true }),
    drainMs: milliseconds(config.terminationDrainDuration ?? DEFAULT_DRAIN),
    ...(isTest === true && { isObserved: true as const }),
    ...healthCheckOf(index, proxy),
    ...mergedMetricsOf(mesh, proxy),
    accessLogs: compileAccessLogs(index, proxy),
    ...(metrics !== null && { metrics }),
    ...(tracing !== null && { tracing }),
  };
}
