import type { Resource } from '../../istio/resource.ts';
import type {
  DestinationRuleSpec,
  LoadBalancer,
  LocalityLbSetting,
} from '../../istio/schema/destination-rule.ts';
import type { GatewaySpec } from '../../istio/schema/gateway.ts';
import type { SidecarSpec } from '../../istio/schema/sidecar.ts';
import type { VirtualServiceSpec } from '../../istio/schema/virtual-service.ts';
import { type DestinationRuleIndex, indexDestinationRules } from './destination-rules.ts';
import type { Service, Workload, World } from './world.ts';

/** A World with what every proxy's compilation looks up. Made once per World; caches inside are keyed by what a result depends on. */
export interface WorldIndex {
  readonly world: World;
  readonly servicesByHost: ReadonlyMap<string, Service>;
  readonly workloadsById: ReadonlyMap<string, Workload>;
  readonly virtualServices: readonly Resource<VirtualServiceSpec>[];
  readonly destinationRules: DestinationRuleIndex;
  readonly sidecars: readonly Resource<SidecarSpec>[];
  readonly gateways: readonly Resource<GatewaySpec>[];
  /** Label keys that some rule asks of its callers: proxies that agree on them get the same routes. */
  readonly sourceLabelKeys: readonly string[];
  /** Label keys that some failoverPriority compares: see `sourceLabelKeys`. */
  readonly placeLabelKeys: readonly string[];
  /** Some rule hashes requests: else nobody needs to look. */
  readonly hasConsistentHash: boolean;
  /** Results that several proxies share, so that equal resources are the same object and are serialised once. */
  readonly shared: SharedResults;
}

/** Values by key, each computed on first use. */
export class SharedResults {
  readonly #values = new Map<string, unknown>();

  get<T>(key: string, compute: () => T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    const value = compute();
    this.#values.set(key, value);
    return value;
  }
}

export function indexWorld(world: World): WorldIndex {
  const virtualServices = ofKind<VirtualServiceSpec>(world, 'VirtualService');
  const destinationRules = ofKind<DestinationRuleSpec>(world, 'DestinationRule');
  const balancers = destinationRules.flatMap(loadBalancersOf);
  return {
    world,
    servicesByHost: new Map(world.services.map((service) => [service.hostname, service])),
    workloadsById: new Map(world.workloads.map((workload) => [workload.id, workload])),
    virtualServices,
    destinationRules: indexDestinationRules(destinationRules, world.mesh),
    sidecars: ofKind<SidecarSpec>(world, 'Sidecar'),
    gateways: ofKind<GatewaySpec>(world, 'Gateway'),
    sourceLabelKeys: collectSourceLabelKeys(virtualServices, destinationRules),
    placeLabelKeys: collectPlaceLabelKeys([
      world.mesh.localityLbSetting,
      ...balancers.map(({ localityLbSetting }) => localityLbSetting),
    ]),
    hasConsistentHash: balancers.some(({ consistentHash }) => consistentHash !== undefined),
    shared: new SharedResults(),
  };
}

/** Every loadBalancer block of a rule, wherever it stands. */
function loadBalancersOf({ spec }: Resource<DestinationRuleSpec>): LoadBalancer[] {
  const policies = [spec.trafficPolicy, ...(spec.subsets ?? []).map(({ trafficPolicy }) => trafficPolicy)];
  return policies
    .flatMap((policy) => [policy, ...(policy?.portLevelSettings ?? [])])
    .flatMap((blocks) => blocks?.loadBalancer ?? []);
}

function collectPlaceLabelKeys(settings: readonly (LocalityLbSetting | undefined)[]): string[] {
  const keys = settings
    .flatMap((setting) => setting?.failoverPriority ?? [])
    .map((each) => each.split('=', 1)[0] ?? '');
  return [...new Set(keys)].sort();
}

function ofKind<Spec>(world: World, kind: string): Resource<Spec>[] {
  return world.resources.filter((resource) => resource.kind === kind) as Resource<Spec>[];
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
