/** Choice by weight: proportions of the sum, accumulated once. */
export interface WeightedChoice<T> {
  readonly items: readonly T[];
  /** Running sums; empty for a single item, whose weight means nothing. */
  readonly bounds: readonly number[];
  readonly total: number;
}

/** Items of weight 0 are never chosen, unless there is only one item. */
export function createWeightedChoice<T>(
  items: readonly (readonly [item: T, weight: number])[],
): WeightedChoice<T> {
  if (items.length === 1) return { items: items.map(([item]) => item), bounds: [], total: 0 };
  const chosen = items.filter(([, weight]) => weight > 0);
  let total = 0;
  const bounds = chosen.map(([, weight]) => {
    total += weight;
    return total;
  });
  return { items: chosen.map(([item]) => item), bounds, total };
}

/** @param random in [0, 1) */
export function pickWeighted<T>({ items, bounds, total }: WeightedChoice<T>, random: number): T {
  if (items.length === 1) return items[0] as T;
  const point = random * total;
  let index = 0;
  while (index < bounds.length - 1 && point >= (bounds[index] as number)) index++;
  return items[index] as T;
}
