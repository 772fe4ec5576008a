import type { ExactWeightsSpec, RequestsSpec } from '../../model/route.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { createEvenWeights, createSeededWeights, type ExactWeights } from './exact-weights.ts';

/**
 * What a mesh of tests counts: which request of a rule it is, and where its exact split stands. Outlives the snapshots
 * that name it, and no others: a rule that went and came back begins anew.
 */
export class TestCounters {
  readonly #counts = new Map<string, number>();
  readonly #weights = new Map<string, ExactWeights>();

  /** Counts one request; whether it is one of those that are meant. */
  isMeant({ counter, ranges }: RequestsSpec): boolean {
    const number = (this.#counts.get(counter) ?? 0) + 1;
    this.#counts.set(counter, number);
    return ranges.some(([first, last]) => number >= first && number <= last);
  }

  weightsOf({ counter, seed }: ExactWeightsSpec, weights: readonly number[]): ExactWeights {
    const known = this.#weights.get(counter);
    if (known !== undefined) return known;
    const made = seed === null ? createEvenWeights(weights) : createSeededWeights(weights, seed);
    this.#weights.set(counter, made);
    return made;
  }

  /** Forgets what that snapshot does not name. */
  configure({ resources }: Snapshot): void {
    if (this.#counts.size + this.#weights.size === 0) return;
    const named = new Set<string>();
    for (const { virtualHosts } of resources.route.values()) {
      for (const { fault, action } of virtualHosts.flatMap(({ routes }) => routes)) {
        if (fault?.requests !== undefined) named.add(fault.requests.counter);
        if (action.kind === 'route' && action.exact !== undefined) named.add(action.exact.counter);
      }
    }
    for (const map of [this.#counts, this.#weights])
      for (const counter of map.keys()) if (!named.has(counter)) map.delete(counter);
  }
}
