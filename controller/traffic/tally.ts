/**
 * Pairs of key and count in one flat array: a store holds tens of thousands of them, most with one or two pairs, and as
 * maps, or as arrays with room to grow, they would take several times as much.
 */
export type Tally<Key> = (Key | number)[];

/** The same array where the key is known, else a new one: assign what it gives. */
export function addTo<Key>(tally: Tally<Key>, key: Key, count: number): Tally<Key> {
  for (let at = 0; at < tally.length; at += 2) {
    if (tally[at] !== key) continue;
    tally[at + 1] = (tally[at + 1] as number) + count;
    return tally;
  }
  // Exactly as long as it must be: what grows has room to spare.
  const made: Tally<Key> = new Array(tally.length + 2);
  for (let at = 0; at < tally.length; at++) made[at] = tally[at] as Key | number;
  made[tally.length] = key;
  made[tally.length + 1] = count;
  return made;
}

export function pairsOf<Key>(tally: Tally<Key>): [Key, number][] {
  const pairs: [Key, number][] = [];
  for (let at = 0; at < tally.length; at += 2) pairs.push([tally[at] as Key, tally[at + 1] as number]);
  return pairs;
}
