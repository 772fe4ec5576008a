/** A split for tests: in any `total` requests behind one another each item has exactly its weight. */
export interface ExactWeights {
  /** Index of the next item. */
  next(): number;
}

/** Spread as evenly as can be (smooth weighted round robin, as nginx has it): repeats after `total` requests. */
export function createEvenWeights(weights: readonly number[]): ExactWeights {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const credits = weights.map(() => 0);
  return {
    next() {
      let best = 0;
      for (let index = 0; index < credits.length; index++) {
        credits[index] = (credits[index] as number) + (weights[index] as number);
        if ((credits[index] as number) > (credits[best] as number)) best = index;
      }
      credits[best] = (credits[best] as number) - total;
      return best;
    },
  };
}

/** In an order that looks like chance and is the same for each seed: drawn without putting back, `total` at a time. */
export function createSeededWeights(weights: readonly number[], seed: number): ExactWeights {
  const random = createGenerator(seed);
  let left: number[] = [];
  let total = 0;
  return {
    next() {
      if (total === 0) {
        left = [...weights];
        total = weights.reduce((sum, weight) => sum + weight, 0);
      }
      let point = Math.floor(random() * total);
      let index = 0;
      while (point >= (left[index] as number)) point -= left[index++] as number;
      left[index] = (left[index] as number) - 1;
      total -= 1;
      return index;
    },
  };
}

/** Mulberry32: small, and the same on every machine. Gives [0, 1). */
function createGenerator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
