/** A source of numbers in [0, 1). Handed in, so that weighted choices can be replayed. */
export type Random = () => number;

/** Unpredictable enough for balancing; not for secrets. Called in `main.ts` files only. */
export function createSystemRandom(): Random {
  return Math.random;
}

/** The same numbers for the same seed (mulberry32), for tests and reproducible traffic. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
