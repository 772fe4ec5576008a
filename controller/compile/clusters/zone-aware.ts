import type { ZoneAwareLbSetting } from '../../../istio/schema/destination-rule.ts';
import type { EndpointSpec, EndpointsSpec } from '../../../model/endpoint.ts';

/**
 * `zoneAwareLbSetting`: callers keep to their own zone as far as its share of the hosts allows, so that no zone gets more
 * than its part (Envoy's zone aware routing). Istio puts other regions behind the caller's own (`failover`), as
 * priorities; the shares hold among the hosts of the first. They follow from the hosts that are ready: of ejected ones
 * each proxy alone knows.
 */

/** 0 = the caller's region, 1 = where it fails over to, 2 = any other (Istio's `applyZoneAwareRegionalFailover`). */
export function regionRank(locality: string, { failover = [] }: ZoneAwareLbSetting, own: string): number {
  const [region = ''] = locality.split('/');
  const [ownRegion = ''] = own.split('/');
  if (region === ownRegion) return 0;
  return failover.some(({ from, to }) => from === ownRegion && to === region) ? 1 : 2;
}

/** How many ranks there are. */
export const REGION_RANKS = 3;

/** Envoy's default of `min_cluster_size`. */
const MIN_CLUSTER_SIZE = 6;
/** Of a place that gets nothing while the others have hosts; it takes over when they have none. */
const LAST_RESORT = 1e-6;

/**
 * Weights of localities for one caller; null = each host alike.
 * @param peers how many of the caller's own kind are in each locality (Envoy's local cluster)
 */
export function zoneWeights(
  endpoints: readonly EndpointSpec[],
  { minClusterSize = MIN_CLUSTER_SIZE }: ZoneAwareLbSetting,
  own: string,
  peers: Readonly<Record<string, number>>,
): EndpointsSpec['localityWeights'] {
  const first = endpoints.filter(({ priority, health }) => priority === 0 && health === 'healthy');
  const sizes = countBy(first);
  const isKnown = own !== '' && (peers[own] ?? 0) > 0;
  if (!isKnown || sizes.size < 2 || first.length < minClusterSize) return null;
  const weights: Record<string, number> = {};
  // Priorities behind the first know no zones.
  for (const { locality } of endpoints) weights[locality] = (weights[locality] ?? 0) + LAST_RESORT;
  for (const [locality, share] of sharesOf(sizes, first.length, own, peers))
    weights[locality] = (weights[locality] ?? 0) + share;
  return weights;
}

/** Envoy's `regenerateLocalityRoutingStructures`: all to the own zone, or what fits there and the rest where room is. */
function sharesOf(
  sizes: ReadonlyMap<string, number>,
  total: number,
  own: string,
  peers: Readonly<Record<string, number>>,
): (readonly [locality: string, share: number])[] {
  const callers = Object.values(peers).reduce((sum, count) => sum + count, 0);
  const upstream = (locality: string) => (sizes.get(locality) ?? 0) / total;
  const local = (locality: string) => (peers[locality] ?? 0) / callers;
  if (upstream(own) >= local(own)) return [[own, 1]];
  const kept = upstream(own) / local(own);
  const rooms = [...sizes.keys()]
    .filter((locality) => locality !== own)
    .map((locality) => [locality, Math.max(0, upstream(locality) - local(locality))] as const);
  const room = rooms.reduce((sum, [, each]) => sum + each, 0);
  const rest = rooms.map(([locality, each]) => {
    const part = room === 0 ? 1 / rooms.length : each / room;
    return [locality, (1 - kept) * part] as const;
  });
  return [[own, kept] as const, ...rest].filter(([, share]) => share > 0);
}

function countBy(endpoints: readonly EndpointSpec[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { locality } of endpoints) sizes.set(locality, (sizes.get(locality) ?? 0) + 1);
  return sizes;
}
