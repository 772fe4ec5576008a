import { canonicalJson } from '../../base/canonical-json.ts';
import { errorMessage } from '../../base/errors.ts';
import { type ClusterSpec, endpointsNameOf, type UpstreamTlsSpec } from '../../model/cluster.ts';
import type { EndpointsSpec } from '../../model/endpoint.ts';
import type { ListenerDirection, ListenerSpec } from '../../model/listener.ts';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { RateLimitsSpec } from '../../model/rate-limit.ts';
import type { RouteConfigSpec } from '../../model/route.ts';
import type { Resources, Snapshot } from '../../model/snapshot.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import { SnapshotRejected } from '../dataplane.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import { createRouteEntry, type RouteEntry } from '../exchange/route-entry.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';
import type { RateLimitState } from '../filters/rate-limit-state.ts';
import { createRateLimitFilters } from '../filters/rate-limits.ts';
import { createGuards, createSecurity, type Security } from '../filters/security.ts';
import type { HttpPipelineFactory } from '../http/http-pipeline.ts';
import { createDescriptors } from '../policy/rate-limit/descriptors.ts';
import { createRouteTable, type RouteTable } from '../policy/route-table.ts';
import type { TestCounters } from '../policy/test-counters.ts';
import { createTcpRouteTable } from '../tcp/tcp-route.ts';
import { readSecretFiles, withMaterial } from '../tls/tls-material.ts';
import type { TlsServerFactory } from '../tls/tls-servers.ts';
import { Cluster, type ClusterDeps } from '../upstream/cluster.ts';
import { createListenerTable, type Listener, type ListenerTable } from './listener-table.ts';
import { createTlsChains } from './tls-chains.ts';

/** Everything that one snapshot became; replaced as a whole, read once per request or connection. */
export interface Tables {
  readonly node: NodeSpec;
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly listeners: ListenerTable;
  readonly gateways: readonly Listener[];
  /** By address. */
  readonly workloads: ReadonlyMap<string, WorkloadSpec>;
  readonly workloadsByName: ReadonlyMap<string, WorkloadSpec>;
  readonly security: Security;
  /** What the resolver answers, for connections that go to a virtual address. */
  readonly names: ReadonlyMap<string, NameEntrySpec>;
  /** What the clusters were made of, to see whether the next snapshot changes them. */
  readonly sources: ReadonlyMap<string, ClusterSource>;
}

export interface ClusterSource {
  readonly spec: ClusterSpec;
  readonly endpoints: EndpointsSpec | null;
}

export interface TableDeps extends ClusterDeps {
  readonly createPipeline: HttpPipelineFactory;
  readonly onUnknownKey?: () => void;
  readonly watch: PolicyWatch;
  /** What rate limits have counted. */
  readonly limits: RateLimitState;
  readonly createTlsServer: TlsServerFactory;
  /** Exact splits of tests; default: there are none. */
  readonly counters?: TestCounters;
  /** Current answers for clusters that are found by DNS, by cluster name. */
  readonly resolved: ReadonlyMap<string, EndpointsSpec>;
}

/**
 * Checks a snapshot as far as it can be without making anything.
 * @throws SnapshotRejected for a reference that leads nowhere or an expression that does not compile. A route's
 * cluster may be missing: such requests get 503 with flag NC, as in Istio.
 */
export function checkSnapshot({ resources }: Snapshot): NodeSpec {
  const node = resources.node.get('self') ?? [...resources.node.values()][0];
  if (node === undefined) throw new SnapshotRejected('the snapshot has no node');
  for (const { name, route, tlsServers = [] } of resources.listener.values()) {
    for (const each of [route, ...tlsServers.map((server) => server.route)]) {
      if (each !== null && !resources.route.has(each)) {
        throw new SnapshotRejected(
          `listener ${name} refers to route config ${each}, which is not in the snapshot`,
        );
      }
    }
  }
  for (const { name, discovery } of resources.cluster.values()) {
    const endpoints = endpointsNameOf(discovery);
    if (endpoints !== null && !resources.endpoint.has(endpoints)) {
      throw new SnapshotRejected(
        `cluster ${name} refers to endpoints ${endpoints}, which are not in the snapshot`,
      );
    }
  }
  for (const route of resources.route.values()) compileRoutes(route, new Map());
  for (const limits of resources.rateLimit.values()) checkRateLimits(limits);
  return node;
}

function checkRateLimits({ name, limiters, routes }: RateLimitsSpec): void {
  const own = limiters.flatMap(({ rates }) => rates);
  const ofRoutes = routes.flatMap(({ rates, local }) => [...rates, ...(local?.rates ?? [])]);
  try {
    for (const rate of [...own, ...ofRoutes]) createDescriptors([rate], rate.stage);
  } catch (error) {
    throw new SnapshotRejected(`rate limits of ${name} cannot be compiled: ${errorMessage(error)}`);
  }
}

function compileRoutes(
  spec: RouteConfigSpec,
  clusters: ReadonlyMap<string, Cluster>,
  counters: TestCounters | null = null,
): RouteTable<RouteEntry> {
  try {
    return createRouteTable(spec, (route, host) => createRouteEntry(route, host, clusters, counters));
  } catch (error) {
    throw new SnapshotRejected(`route config ${spec.name} cannot be compiled: ${errorMessage(error)}`);
  }
}

/** Builds the tables of a snapshot that {@link checkSnapshot} let pass; clusters that did not change are kept. */
export function buildTables(
  { resources }: Snapshot,
  node: NodeSpec,
  previous: Tables | null,
  deps: TableDeps,
): Tables {
  const sources = new Map<string, ClusterSource>();
  const clusters = new Map<string, Cluster>();
  const secrets = readSecretFiles(resources.secret);
  for (const given of resources.cluster.values()) {
    const spec = given.tls === null ? given : { ...given, tls: withMaterial(given.tls, secrets) };
    const endpoints = endpointsOf(spec, resources.endpoint, deps.resolved);
    sources.set(spec.name, { spec, endpoints });
    clusters.set(spec.name, keepOrCreate(spec, endpoints, previous, deps));
  }
  const policies = {
    authentication: [...resources.authentication.values()],
    authorization: [...resources.authorization.values()],
  };
  const security = createSecurity(policies, previous?.security ?? null);
  const pipelines = new Map<string, HttpPipeline>();
  const pipelineOf = (direction: ListenerDirection, route: string | null): HttpPipeline | null => {
    const key = `${direction}|${route}`;
    const known = pipelines.get(key);
    const pipeline = known ?? createPipeline(direction, route, resources, clusters, node, security, deps);
    if (pipeline !== null) pipelines.set(key, pipeline);
    return pipeline;
  };
  const listeners = [...resources.listener.values()].map((spec): Listener => {
    const ofRoute = (route: string | null) => pipelineOf(spec.direction, route);
    const tls = createTlsChains(spec, (each) => deps.createTlsServer(each, secrets), ofRoute);
    const tcp = spec.tcp === null ? null : createTcpRouteTable(spec.tcp);
    return { spec, pipeline: ofRoute(spec.route), tcp, isDeadEnd: leadsNowhere(spec, clusters), tls };
  });
  const workloads = new Map<string, WorkloadSpec>();
  const workloadsByName = new Map<string, WorkloadSpec>();
  for (const workload of resources.workload.values()) {
    workloadsByName.set(workload.name, workload);
    for (const address of workload.addresses) workloads.set(address, workload);
  }
  return {
    node,
    clusters,
    sources,
    security,
    workloads,
    workloadsByName,
    names: resources.name,
    listeners: createListenerTable(listeners),
    gateways: listeners.filter(({ spec }) => spec.direction === 'gateway'),
  };
}

function leadsNowhere({ tcp }: ListenerSpec, clusters: ReadonlyMap<string, Cluster>): boolean {
  const names = tcp?.flatMap((route) => route.clusters.map(({ name }) => name)) ?? [];
  return names.length > 0 && names.every((name) => clusters.get(name)?.spec.discovery.kind === 'none');
}

function createPipeline(
  direction: ListenerDirection,
  route: string | null,
  resources: Resources,
  clusters: ReadonlyMap<string, Cluster>,
  node: NodeSpec,
  security: Security,
  deps: TableDeps,
): HttpPipeline | null {
  const config = route === null ? undefined : resources.route.get(route);
  if (config === undefined) return null;
  const guards = createGuards(security, direction, { ...deps, clusters, identity: node.identity ?? '' });
  const table = compileRoutes(config, clusters, deps.counters ?? null);
  const limits = resources.rateLimit.get(config.name);
  if (limits === undefined) return deps.createPipeline(direction, node, table, guards);
  const { clock, random, limits: state } = deps;
  const isGateway = direction === 'gateway';
  const filters = createRateLimitFilters(limits, config, { clock, random, state, clusters, isGateway });
  const all = [...filters.first, ...guards, ...filters.guard];
  return deps.createPipeline(direction, node, table, all, filters.last);
}

function endpointsOf(
  { name, discovery }: ClusterSpec,
  endpoints: ReadonlyMap<string, EndpointsSpec>,
  resolved: ReadonlyMap<string, EndpointsSpec>,
): EndpointsSpec | null {
  if (discovery.kind === 'dns') return resolved.get(name) ?? null;
  return endpoints.get(endpointsNameOf(discovery) ?? '') ?? null;
}

function keepOrCreate(
  spec: ClusterSpec,
  endpoints: EndpointsSpec | null,
  previous: Tables | null,
  deps: ClusterDeps,
): Cluster {
  const cluster = previous?.clusters.get(spec.name) ?? null;
  const source = previous?.sources.get(spec.name);
  if (cluster === null || source === undefined) return new Cluster(spec, endpoints, null, false, deps);
  if (isEqual(source.spec, spec) && isEqual(source.endpoints, endpoints)) return cluster;
  // A kept connection was opened under the old settings: it may be kept only if those have not changed.
  return new Cluster(spec, endpoints, cluster, hasSameConnections(source.spec, spec), deps);
}

function hasSameConnections(a: ClusterSpec, b: ClusterSpec): boolean {
  const settings = (spec: ClusterSpec) => ({
    ...{ protocol: spec.protocol, connections: spec.connections },
    ...{ tls: withoutNames(spec.tls), autoTls: withoutNames(spec.autoTls ?? null) },
    ...{ connectTimeoutMs: spec.connectTimeoutMs, circuitBreaker: spec.circuitBreaker },
    discovery: spec.discovery,
  });
  return isEqual(settings(a), settings(b));
}

/** Who may answer under mutual TLS of the mesh was checked for each host that is kept; others may have joined since. */
function withoutNames(tls: UpstreamTlsSpec | null): UpstreamTlsSpec | null {
  return tls?.mode === 'istio-mutual' ? { ...tls, subjectAltNames: [] } : tls;
}

/** Unchanged resources are usually the same objects; a snapshot that was read anew has equal ones. */
function isEqual(a: unknown, b: unknown): boolean {
  return a === b || canonicalJson(a) === canonicalJson(b);
}
