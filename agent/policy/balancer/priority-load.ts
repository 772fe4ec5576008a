/**
 * How much of the traffic each priority gets (Envoy's LoadBalancerBase): the first takes all for as long as enough of
 * its hosts are healthy, then what it cannot carry spills over to the next. Pure numbers; hosts are the caller's.
 */

export interface PriorityHealth {
  readonly hosts: number;
  readonly healthy: number;
}

export interface PriorityLoad {
  /** Of 100, all together 100. */
  readonly percent: number;
  /** Too few hosts are healthy: health is ignored here. */
  readonly isPanic: boolean;
}

/** Envoy's default `overprovisioning_factor` in percent: 72 % of the hosts are held to carry everything. */
export const OVERPROVISIONING_PERCENT = 140;

/** @param panicThreshold percent of healthy hosts below which health is ignored; 0 = never */
export function loadPriorities(
  priorities: readonly PriorityHealth[],
  panicThreshold: number,
): readonly PriorityLoad[] {
  const available = priorities.map(({ hosts, healthy }) =>
    hosts === 0 ? 0 : Math.min(100, Math.floor((OVERPROVISIONING_PERCENT * healthy) / hosts)),
  );
  const total = Math.min(
    100,
    available.reduce((sum, percent) => sum + percent, 0),
  );
  const panics = priorities.map(
    ({ hosts, healthy }) =>
      panicThreshold > 0 && total < 100 && (hosts === 0 || (100 * healthy) / hosts < panicThreshold),
  );
  const shares = panics.every((isPanic) => isPanic)
    ? priorities.map(({ hosts }) => hosts)
    : available.map((percent) => (total === 0 ? 0 : percent / (total / 100)));
  const loads = spread(
    shares,
    panics.every((isPanic) => isPanic),
  );
  return priorities.map((_, index) => ({ percent: loads[index] ?? 0, isPanic: panics[index] ?? false }));
}

/** Whole percents that are 100 together: in proportion if `isEven`, else as much as fits, from the first on. */
function spread(shares: readonly number[], isEven: boolean): number[] {
  const sum = shares.reduce((total, share) => total + share, 0);
  let left = 100;
  const loads = shares.map((share) => {
    const load = Math.min(left, Math.floor(isEven && sum > 0 ? (100 * share) / sum : share));
    left -= load;
    return load;
  });
  // What rounding left over goes to the first that has any; with nobody at all to the first, where none is found.
  const first = Math.max(
    0,
    loads.findIndex((load) => load > 0),
  );
  loads[first] = (loads[first] ?? 0) + left;
  return loads;
}
