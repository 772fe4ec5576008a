import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { LocalityLbSetting, ZoneAwareLbSetting } from '../../../istio/schema/destination-rule.ts';
import type { EndpointSpec, EndpointsSpec } from '../../../model/endpoint.ts';
import type { Labels } from '../../../model/labels.ts';
import type { PolicyBlocks } from './traffic-policy.ts';
import { REGION_RANKS, regionRank, zoneWeights } from './zone-aware.ts';

/** Where a caller is, as far as the choice of endpoints depends on it. */
export interface CallerPlace {
  /** `region/zone/subzone`, '' = unknown. */
  readonly locality: string;
  /** Reduced to the keys that some failoverPriority names. */
  readonly labels: Labels;
  /** How many ready workloads of its own kind are in each locality; empty where no rule is aware of zones. */
  readonly peers: Readonly<Record<string, number>>;
}

/** How the endpoints of one cluster are placed for one caller. */
export interface Placing {
  readonly setting: LocalityLbSetting;
  /** In place of the other. */
  readonly zones: ZoneAwareLbSetting | null;
  readonly caller: CallerPlace;
}

export interface LabelledEndpoint {
  readonly endpoint: EndpointSpec;
  readonly labels: Labels;
}

type Placed = Pick<EndpointsSpec, 'endpoints' | 'localityWeights'>;

/**
 * The setting in force: a rule's replaces the mesh's whole. Without outlierDetection nothing would ever fail over, so
 * that then only `distribute` acts (ISTIO.md §2.3). null = localities play no part.
 */
export function selectPlacing(blocks: PolicyBlocks, mesh: MeshConfig, caller: CallerPlace): Placing | null {
  const own = blocks.loadBalancer?.localityLbSetting;
  // Of one level that of zones comes first (Istio's GetEffectiveLbSetting), and needs no outlierDetection.
  const zones =
    blocks.loadBalancer?.zoneAwareLbSetting ?? (own === undefined ? mesh.zoneAwareLbSetting : null);
  if (zones !== null) {
    if (zones.enabled === false) return null;
    // Consistent hashing knows no shares of zones.
    const isHashed = blocks.loadBalancer?.consistentHash !== undefined;
    return { setting: {}, zones, caller: isHashed ? { ...caller, peers: {} } : caller };
  }
  const setting = own ?? mesh.localityLbSetting;
  if (setting.enabled === false) return null;
  const distributes = (setting.distribute ?? []).length > 0;
  return distributes || blocks.outlierDetection !== undefined ? { setting, zones: null, caller } : null;
}

/** Priorities, or weights of localities, as the caller sees them (Istio's ApplyLocalityLoadBalancer). */
export function placeEndpoints(endpoints: readonly LabelledEndpoint[], placing: Placing | null): Placed {
  if (placing === null)
    return { endpoints: endpoints.map(({ endpoint }) => endpoint), localityWeights: null };
  const { setting, zones, caller } = placing;
  if (zones !== null) return placeByZone(endpoints, zones, caller);
  if ((setting.distribute ?? []).length > 0) return distribute(endpoints, setting, caller);
  const ranks =
    (setting.failoverPriority ?? []).length > 0
      ? endpoints.map((each) => labelRank(each, setting.failoverPriority ?? [], caller))
      : endpoints.map(() => 0);
  const isByRegion = (setting.failoverPriority ?? []).length === 0 || (setting.failover ?? []).length > 0;
  return {
    endpoints: withPriorities(
      endpoints.map(({ endpoint }) => endpoint),
      // Within one rank of labels localities decide.
      endpoints.map(({ endpoint }, index) => {
        const near = isByRegion ? localityRank(endpoint.locality, setting, caller) : 0;
        return (ranks[index] ?? 0) * (FARTHEST + 1) + near;
      }),
    ),
    localityWeights: null,
  };
}

function placeByZone(
  endpoints: readonly LabelledEndpoint[],
  zones: ZoneAwareLbSetting,
  caller: CallerPlace,
): Placed {
  const ranks = endpoints.map((each) => {
    const labelled = labelRank(each, zones.failoverPriority ?? [], caller);
    return labelled * REGION_RANKS + regionRank(each.endpoint.locality, zones, caller.locality);
  });
  const placed = withPriorities(
    endpoints.map(({ endpoint }) => endpoint),
    ranks,
  );
  return { endpoints: placed, localityWeights: zoneWeights(placed, zones, caller.locality, caller.peers) };
}

/** A region that is no failover target while another is. */
const FARTHEST = 4;

/** 0 = same subzone … 3 = another region; `failover` puts all but its target behind that. */
function localityRank(locality: string, { failover }: LocalityLbSetting, caller: CallerPlace): number {
  const [region = '', zone = '', subzone = ''] = locality.split('/');
  const [ownRegion = '', ownZone = '', ownSubzone = ''] = caller.locality.split('/');
  if (region !== ownRegion) {
    const target = (failover ?? []).find(({ from }) => from === ownRegion)?.to;
    return target === undefined || target === region ? 3 : FARTHEST;
  }
  if (zone !== ownZone) return 2;
  return subzone === ownSubzone ? 0 : 1;
}

/** How many of the labels, from the first on, do not match any more: `key` equals the caller's, `key=value` that value. */
function labelRank(
  { endpoint, labels }: LabelledEndpoint,
  keys: readonly string[],
  caller: CallerPlace,
): number {
  const own = withTopology(caller.labels, caller.locality);
  const theirs = withTopology(labels, endpoint.locality);
  const mismatch = keys.findIndex((each) => {
    const [key = '', value] = each.split('=', 2);
    return (value ?? own[key] ?? '') !== (theirs[key] ?? '');
  });
  return mismatch < 0 ? 0 : keys.length - mismatch;
}

/** A locality shows as Kubernetes' labels too. */
function withTopology(labels: Labels, locality: string): Labels {
  const [region = '', zone = '', subzone = ''] = locality.split('/');
  return {
    ...labels,
    'topology.kubernetes.io/region': region,
    'topology.kubernetes.io/zone': zone,
    'topology.istio.io/subzone': subzone,
  };
}

/** Priorities go from 0 up without gaps. */
function withPriorities(endpoints: readonly EndpointSpec[], ranks: readonly number[]): EndpointSpec[] {
  const order = [...new Set(ranks)].sort((a, b) => a - b);
  return endpoints.map((endpoint, index) => ({ ...endpoint, priority: order.indexOf(ranks[index] ?? 0) }));
}

/** The first entry whose `from` is the caller's place; localities that it does not name get nothing. */
function distribute(
  endpoints: readonly LabelledEndpoint[],
  setting: LocalityLbSetting,
  caller: CallerPlace,
): Placed {
  const all = endpoints.map(({ endpoint }) => endpoint);
  const rule = setting.distribute?.find(({ from }) => matchesLocality(caller.locality, from ?? ''));
  if (rule === undefined) return { endpoints: all, localityWeights: null };
  const sizes = new Map<string, number>();
  for (const { locality, weight } of all) sizes.set(locality, (sizes.get(locality) ?? 0) + weight);
  const weights: Record<string, number> = {};
  for (const [pattern, weight] of Object.entries(rule.to ?? {})) {
    const matching = [...sizes].filter(([each]) => !(each in weights) && matchesLocality(each, pattern));
    // Several places under one wildcard divide its share by their size.
    const total = matching.reduce((sum, [, size]) => sum + size, 0);
    for (const [locality, size] of matching) weights[locality] = Math.ceil((size * weight) / total);
  }
  return { endpoints: all.filter(({ locality }) => locality in weights), localityWeights: weights };
}

/** `region/zone/subzone`; `*` and parts left out stand for any. */
function matchesLocality(locality: string, pattern: string): boolean {
  const parts = locality.split('/');
  return pattern
    .split('/')
    .every((part, index) => part === '*' || part === '' || part === (parts[index] ?? ''));
}
