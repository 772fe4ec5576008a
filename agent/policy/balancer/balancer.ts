import type { LoadBalancerSpec } from '../../../model/cluster.ts';
import { createWeightedChoice, pickWeighted } from '../weighted.ts';
import type { BalancedHost, Picker } from './balanced-host.ts';
import { createPicker } from './picker.ts';
import { loadPriorities, OVERPROVISIONING_PERCENT } from './priority-load.ts';

/** A host with all that decides whether and how often it is chosen. */
export interface PlacedHost extends BalancedHost {
  readonly priority: number;
  readonly locality: string;
  /** The mesh offers it: not starting, not stopping. Only such hosts are counted, and even panic keeps to them. */
  readonly isOffered: boolean;
  /** Offered, and nothing was found that speaks against it. */
  readonly isPickable: boolean;
}

/** Weights of localities (`localityLbSetting.distribute`); null = localities mean nothing. */
export type LocalityWeights = Readonly<Record<string, number>> | null;

export interface Balancer<Host> {
  readonly pick: Picker<Host>;
  /** Hosts that `pick` may give. */
  readonly candidates: readonly Host[];
}

export type BalancerSpec = Pick<LoadBalancerSpec, 'policy' | 'tableSize' | 'panicThreshold'>;

/** The whole choice of a cluster: first the priority by health, then the locality by weight, then the host. */
export function createBalancer<Host extends PlacedHost>(
  spec: BalancerSpec,
  hosts: readonly Host[],
  localityWeights: LocalityWeights,
  seed: number,
): Balancer<Host> {
  const offered = hosts.filter(({ isOffered }) => isOffered);
  const groups = groupBy(offered, ({ priority }) => priority).toSorted(([a], [b]) => a - b);
  const loads = loadPriorities(
    groups.map(([, members]) => ({ hosts: members.length, healthy: members.filter(isPickable).length })),
    spec.panicThreshold,
  );
  const used = groups.flatMap(([, members], index) => {
    const { percent = 0, isPanic = false } = loads[index] ?? {};
    const candidates = isPanic ? members : members.filter(isPickable);
    if (percent === 0 || candidates.length === 0) return [];
    return [{ percent, candidates, pick: pickInPriority(spec, members, candidates, localityWeights, seed) }];
  });
  return {
    pick: pickPriority(used),
    candidates: used.flatMap(({ candidates }) => candidates),
  };
}

const isPickable = (host: PlacedHost) => host.isPickable;

function pickPriority<Host>(
  used: readonly { readonly percent: number; readonly pick: Picker<Host> }[],
): Picker<Host> {
  const [first] = used;
  if (first === undefined) return () => null;
  if (used.length === 1) return first.pick;
  const choice = createWeightedChoice(used.map(({ pick, percent }) => [pick, percent] as const));
  // The same request must meet the same priority too.
  return (random, hash) =>
    pickWeighted(choice, hash === null ? random() : (hash % choice.total) / choice.total)(random, hash);
}

function pickInPriority<Host extends PlacedHost>(
  spec: BalancerSpec,
  members: readonly Host[],
  candidates: readonly Host[],
  localityWeights: LocalityWeights,
  seed: number,
): Picker<Host> {
  if (localityWeights === null) return createPicker(spec, candidates, seed);
  const total = new Map(groupBy(members, ({ locality }) => locality));
  const places = groupBy(candidates, ({ locality }) => locality)
    .map(([locality, inside]) => {
      const share = (OVERPROVISIONING_PERCENT * inside.length) / (total.get(locality)?.length ?? 1);
      const weight = ((localityWeights[locality] ?? 0) * Math.min(100, share)) / 100;
      return { inside, weight };
    })
    .filter(({ weight }) => weight > 0);
  if (places.length === 0) return () => null;
  if (spec.policy === 'ring-hash' || spec.policy === 'maglev') return hashOverPlaces(spec, places, seed);
  const choice = createWeightedChoice(
    places.map(({ inside, weight }) => [createPicker(spec, inside, seed), weight] as const),
  );
  return (random, hash) => pickWeighted(choice, random())(random, hash);
}

/** Consistent hashing knows no localities: their weights are divided among their hosts. */
function hashOverPlaces<Host extends PlacedHost>(
  spec: BalancerSpec,
  places: readonly { readonly inside: readonly Host[]; readonly weight: number }[],
  seed: number,
): Picker<Host> {
  const entries = places.flatMap(({ inside, weight }) => {
    const sum = inside.reduce((total, host) => total + host.weight, 0);
    return inside.map((host) => ({ key: host.key, weight: (weight * host.weight) / sum }));
  });
  return createPicker(
    spec,
    places.flatMap(({ inside }) => inside),
    seed,
    entries,
  );
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): [Key, Item[]][] {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups];
}
