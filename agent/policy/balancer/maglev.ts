import { hashText } from './hash.ts';
import type { HashEntry, HashLookup } from './ring-hash.ts';

/** Any number other than the first hash's seed: the two must be independent. */
const SKIP_SEED = 1;

/**
 * Maglev (Eisenbud et al., 2016, §3.4), as Envoy's MAGLEV: entries take the places of a table in turn, each by an order
 * of its own, so that shares are even to within one place. One look-up is one array access; a change of entries moves a
 * little more than the least possible.
 * @param size a prime, so that every skip visits every place
 */
export function createMaglevTable(entries: readonly HashEntry[], size: number): HashLookup {
  const table = fillTable(entries, size);
  return (hash) => table[hash % size] as number;
}

function fillTable(entries: readonly HashEntry[], size: number): Int32Array {
  const table = new Int32Array(size).fill(-1);
  const heaviest = Math.max(...entries.map(({ weight }) => weight));
  // In the order of their keys: the table must not depend on the order in which hosts became known.
  const takers = entries
    .map(({ key, weight }, index) => ({
      ...{ index, key, weight, target: 0 },
      place: hashText(key) % size,
      skip: (hashText(key, SKIP_SEED) % (size - 1)) + 1,
    }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  let left = size;
  for (let round = 1; left > 0; round++) {
    for (const taker of takers) {
      if (left === 0) break;
      // A lighter one sits out in proportion.
      if (round * taker.weight < taker.target) continue;
      taker.target += heaviest;
      while (table[taker.place] !== -1) taker.place = (taker.place + taker.skip) % size;
      table[taker.place] = taker.index;
      left -= 1;
    }
  }
  return table;
}
