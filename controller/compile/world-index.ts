import type { MeshConfig } from '../../istio/mesh-config.ts';
import { readRateLimitConfigs } from '../../istio/rate-limit-config.ts';
import type { Resource } from '../../istio/resource.ts';
import type { ConfigMapSpec, RateLimitConfig } from '../../istio/schema/config-map.ts';
import type {
  DestinationRuleSpec,
  LoadBalancer,
  LocalityLbSetting,
} from '../../istio/schema/destination-rule.ts';
import type { EnvoyFilterSpec } from '../../istio/schema/envoy-filter.ts';
import type { GatewaySpec } from '../../istio/schema/gateway.ts';
import type { KubernetesSecretSpec } from '../../istio/schema/kubernetes.ts';
import type { RateLimitDocument } from '../../istio/schema/rate-limit.ts';
import type {
  AuthorizationPolicySpec,
  PeerAuthenticationSpec,
  RequestAuthenticationSpec,
} from '../../istio/schema/security.ts';
import type { SidecarSpec } from '../../istio/schema/sidecar.ts';
import type { TelemetrySpec } from '../../istio/schema/telemetry.ts';
import type { VirtualServiceSpec } from '../../istio/schema/virtual-service.ts';
import { type DestinationRuleIndex, indexDestinationRules } from './clusters/destination-rules.ts';
import { indexPeerAuthentications, type PeerAuthentications } from './security/peer-authentication.ts';
import { keepUnchanged, SharedResults } from './shared-results.ts';
import type { Service, Workload, World } from './world.ts';

/** A World with what every proxy's compilation looks up. Made once per World; caches inside are keyed by what a result depends on. */
export interface WorldIndex extends ConfigIndex {
  readonly world: World;
  /** The same object for as long as no document and no setting of the mesh changes. */
  readonly config: ConfigIndex;
  /** A service is the same object as before for as long as neither it nor any of its workloads changes. */
  readonly servicesByHost: ReadonlyMap<string, Service>;
  readonly workloadsById: ReadonlyMap<string, Workload>;
  readonly shared: SharedResults;
}

/** What the documents say. */
interface ConfigIndex {
  readonly virtualServices: readonly Resource<VirtualServiceSpec>[];
  readonly destinationRules: DestinationRuleIndex;
  readonly sidecars: readonly Resource<SidecarSpec>[];
  readonly gateways: readonly Resource<GatewaySpec>[];
  /** By `namespace/name`. */
  readonly secrets: ReadonlyMap<string, Resource<KubernetesSecretSpec>>;
  readonly requestAuthentications: readonly Resource<RequestAuthenticationSpec>[];
  readonly peerAuthentications: PeerAuthentications;
  readonly telemetries: readonly Resource<TelemetrySpec>[];
  readonly authorizationPolicies: readonly Resource<AuthorizationPolicySpec>[];
  readonly envoyFilters: readonly Resource<EnvoyFilterSpec>[];
  readonly rateLimits: readonly Resource<RateLimitDocument>[];
  /** For the mesh's own rate limit service, in the format of envoyproxy/ratelimit. */
  readonly rateLimitConfigs: readonly RateLimitConfig[];
  /** Label keys that some rule asks of its callers: proxies that agree on them get the same routes. */
  readonly sourceLabelKeys: readonly string[];
  /** Label keys that some failoverPriority compares: see `sourceLabelKeys`. */
  readonly placeLabelKeys: readonly string[];
  /** Some rule is aware of zones: else nobody needs to count. */
  readonly isZoneAware: boolean;
  /** Some rule hashes requests: else nobody needs to look. */
  readonly hasConsistentHash: boolean;
}

/** @param before the index of the World before this one: what did not change is taken from it */
export function indexWorld(given: World, before: WorldIndex | null = null): WorldIndex {
  const world = before === null ? given : shareWith(before, given);
  const isSameConfig =
    before !== null && before.world.resources === world.resources && before.world.mesh === world.mesh;
  const config = isSameConfig ? before.config : indexConfig(world.resources, world.mesh);
  return {
    ...config,
    ...{ world, config },
    servicesByHost: new Map(world.services.map((service) => [service.hostname, service])),
    workloadsById: new Map(world.workloads.map((workload) => [workload.id, workload])),
    shared: new SharedResults(before?.shared ?? null),
  };
}

/** The new World, with the old one's objects wherever they say the same. */
function shareWith({ world: old, servicesByHost, workloadsById }: WorldIndex, world: World): World {
  const workloads = keepUnchanged(world.workloads, workloadsById, ({ id }) => id);
  const changed = changedWorkloads(workloadsById, workloads);
  const isSameList =
    old.resources.length === world.resources.length &&
    old.resources.every((resource, index) => resource === world.resources[index]);
  return {
    ...world,
    mesh: JSON.stringify(old.mesh) === JSON.stringify(world.mesh) ? old.mesh : world.mesh,
    resources: isSameList ? old.resources : world.resources,
    services: keepUnchanged(world.services, servicesByHost, ({ hostname }) => hostname).map((service) => {
      const isOld = servicesByHost.get(service.hostname) === service;
      return isOld && hasAny(service, changed) ? renewed(service) : service;
    }),
    workloads,
  };
}

/** Ids of those that came, went, or are another object. */
function changedWorkloads(
  before: ReadonlyMap<string, Workload>,
  workloads: readonly Workload[],
): ReadonlySet<string> {
  const changed = new Set<string>();
  let stayed = 0;
  for (const workload of workloads) {
    const old = before.get(workload.id);
    if (old !== undefined) stayed += 1;
    if (old !== workload) changed.add(workload.id);
  }
  if (stayed === before.size) return changed;
  const present = new Set(workloads.map(({ id }) => id));
  for (const id of before.keys()) if (!present.has(id)) changed.add(id);
  return changed;
}

function hasAny({ members, rivals = [] }: Service, changed: ReadonlySet<string>): boolean {
  return (
    changed.size > 0 &&
    (members.some((id) => changed.has(id)) || rivals.some((rival) => hasAny(rival, changed)))
  );
}

/** Equal, and another object: what was kept for its workloads as they were is not taken for it. */
function renewed(service: Service): Service {
  const { rivals } = service;
  return { ...service, ...(rivals !== undefined && { rivals: rivals.map(renewed) }) };
}

function indexConfig(resources: readonly Resource[], mesh: MeshConfig): ConfigIndex {
  const ofKind = <Spec>(kind: string) => resources.filter((each) => each.kind === kind) as Resource<Spec>[];
  const virtualServices = ofKind<VirtualServiceSpec>('VirtualService');
  const destinationRules = ofKind<DestinationRuleSpec>('DestinationRule');
  const balancers = destinationRules.flatMap(loadBalancersOf);
  return {
    virtualServices,
    destinationRules: indexDestinationRules(destinationRules, mesh),
    peerAuthentications: indexPeerAuthentications(ofKind<PeerAuthenticationSpec>('PeerAuthentication'), mesh),
    sidecars: ofKind<SidecarSpec>('Sidecar'),
    gateways: ofKind<GatewaySpec>('Gateway'),
    secrets: new Map(
      ofKind<KubernetesSecretSpec>('Secret').map((each) => [`${each.namespace}/${each.name}`, each]),
    ),
    requestAuthentications: ofKind<RequestAuthenticationSpec>('RequestAuthentication'),
    telemetries: ofKind<TelemetrySpec>('Telemetry'),
    authorizationPolicies: ofKind<AuthorizationPolicySpec>('AuthorizationPolicy'),
    envoyFilters: ofKind<EnvoyFilterSpec>('EnvoyFilter'),
    rateLimits: ofKind<RateLimitDocument>('RateLimit'),
    rateLimitConfigs: ofKind<ConfigMapSpec>('ConfigMap')
      .flatMap(({ spec }) => readRateLimitConfigs(spec.data ?? {}))
      .flatMap(({ config }) => config ?? []),
    sourceLabelKeys: collectSourceLabelKeys(virtualServices, destinationRules),
    placeLabelKeys: collectPlaceLabelKeys([
      mesh.localityLbSetting,
      mesh.zoneAwareLbSetting ?? undefined,
      ...balancers.flatMap(({ localityLbSetting, zoneAwareLbSetting }) => [
        localityLbSetting,
        zoneAwareLbSetting,
      ]),
    ]),
    isZoneAware:
      mesh.zoneAwareLbSetting !== null ||
      balancers.some(({ zoneAwareLbSetting }) => zoneAwareLbSetting !== undefined),
    hasConsistentHash: balancers.some(({ consistentHash }) => consistentHash !== undefined),
  };
}

/** Every loadBalancer block of a rule, wherever it stands. */
function loadBalancersOf({ spec }: Resource<DestinationRuleSpec>): LoadBalancer[] {
  const policies = [spec.trafficPolicy, ...(spec.subsets ?? []).map(({ trafficPolicy }) => trafficPolicy)];
  return policies
    .flatMap((policy) => [policy, ...(policy?.portLevelSettings ?? [])])
    .flatMap((blocks) => blocks?.loadBalancer ?? []);
}

function collectPlaceLabelKeys(
  settings: readonly (Pick<LocalityLbSetting, 'failoverPriority'> | undefined)[],
): string[] {
  const keys = settings
    .flatMap((setting) => setting?.failoverPriority ?? [])
    .map((each) => each.split('=', 1)[0] ?? '');
  return [...new Set(keys)].sort();
}

function collectSourceLabelKeys(
  virtualServices: readonly Resource<VirtualServiceSpec>[],
  destinationRules: readonly Resource<DestinationRuleSpec>[],
): string[] {
  const keys = new Set<string>();
  for (const { spec } of destinationRules)
    for (const key of Object.keys(spec.workloadSelector?.matchLabels ?? {})) keys.add(key);
  for (const { spec } of virtualServices) {
    const matches = [...(spec.http ?? []), ...(spec.tcp ?? []), ...(spec.tls ?? [])].flatMap(
      (route) => route.match ?? [],
    );
    for (const match of matches) for (const key of Object.keys(match?.sourceLabels ?? {})) keys.add(key);
  }
  return [...keys].sort();
}
