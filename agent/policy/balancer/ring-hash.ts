import { hashText } from './hash.ts';

/** A host's place in consistent hashing. */
export interface HashEntry {
  readonly key: string;
  readonly weight: number;
}

/** Gives the index of the entry that a hash belongs to. */
export type HashLookup = (hash: number) => number;

/** Envoy's `maximum_ring_size`. */
const MAX_SIZE = 8 * 1024 * 1024;
/**
 * Places that an entry has at least on average. Envoy divides a ring of nearly constant size, so that there every
 * newcomer takes places of all others away and moves keys between them too; here only it gets keys.
 */
const PLACES_PER_ENTRY = 1024;
/** Above so many in all a ring is divided as Envoy's: it is made anew at each ejection, at about 1 µs a place. */
const UNDIVIDED_PLACES = 32 * PLACES_PER_ENTRY;
/** A place in the ring and its owner are one number: 32 bits of hash, then 21 bits of index. */
const OWNERS = 2 ** 21;

/**
 * Ketama, as Envoy's RING_HASH: each entry has many places in a ring of hashes, in proportion to its weight, and a hash
 * belongs to the next place at or behind it. An entry that comes or goes moves only what lies before its own places.
 */
export function createRing(entries: readonly HashEntry[], minimumSize: number): HashLookup {
  const ring = fillRing(entries, minimumSize);
  return (hash) => {
    const wanted = hash * OWNERS;
    let low = 0;
    let high = ring.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ring[middle] as number) < wanted) low = middle + 1;
      else high = middle;
    }
    return (ring[low === ring.length ? 0 : low] as number) % OWNERS;
  };
}

function fillRing(entries: readonly HashEntry[], minimumSize: number): Float64Array {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  const lightest = Math.min(...entries.map(({ weight }) => weight)) / total;
  // The lightest has a whole number of places, so that equal weights have equal numbers of them.
  const wantedSize = Math.max(
    Math.ceil(lightest * minimumSize) / lightest,
    Math.min(PLACES_PER_ENTRY * entries.length, UNDIVIDED_PLACES),
  );
  const size = Math.min(wantedSize, MAX_SIZE);
  const places: number[] = [];
  let wanted = 0;
  entries.forEach(({ key, weight }, index) => {
    wanted += (size * weight) / total;
    for (let number = 0; places.length < Math.round(wanted); number++) {
      places.push(hashText(`${key}_${number}`) * OWNERS + index);
    }
  });
  return Float64Array.from(places).sort();
}
