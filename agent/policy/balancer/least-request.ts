import type { BalancedHost, Picker } from './balanced-host.ts';
import { createRandomPicker } from './random.ts';

/**
 * Power of two choices: of two random hosts the one with fewer requests in flight (Envoy's LEAST_REQUEST with
 * choice_count 2). With unequal weights hosts are drawn by weight and their load is compared relative to it.
 */
export function createLeastRequestPicker<Host extends BalancedHost>(hosts: readonly Host[]): Picker<Host> {
  const draw = createRandomPicker(hosts);
  return (random) => {
    const first = draw(random, null) as Host;
    const second = draw(random, null) as Host;
    return second.active * first.weight < first.active * second.weight ? second : first;
  };
}
