import type { LoadBalancerSpec } from '../../../model/cluster.ts';
import type { BalancedHost, Picker } from './balanced-host.ts';
import { createLeastRequestPicker } from './least-request.ts';
import { createRandomPicker } from './random.ts';
import { createRoundRobinPicker } from './round-robin.ts';

export function createPicker<Host extends BalancedHost>(
  policy: LoadBalancerSpec['policy'],
  hosts: readonly Host[],
  /** A number that differs from picker to picker, so that round-robins do not all start with the first host. */
  seed: number,
): Picker<Host> {
  switch (policy) {
    case 'round-robin':
      return createRoundRobinPicker(hosts, seed);
    case 'random':
      return createRandomPicker(hosts);
    default:
      // ring-hash and maglev come with consistent hashing; without a hash both choose any host.
      return createLeastRequestPicker(hosts);
  }
}

/**
 * A host that was not tried yet, if one turns up within `attempts` further picks (Envoy's previous_hosts predicate
 * with host_selection_retry_max_attempts), else the first untried one of `hosts`: hosts that fail at once have nothing
 * in flight, so that LEAST_REQUEST alone would offer them again and again. Never null for having been tried.
 */
export function pickUntried<Host>(
  pick: Picker<Host>,
  hosts: readonly Host[],
  tried: readonly Host[],
  attempts: number,
  random: () => number,
): Host | null {
  let host = pick(random);
  for (let left = attempts; left > 0 && host !== null && tried.includes(host); left--) host = pick(random);
  if (host === null || attempts === 0 || !tried.includes(host)) return host;
  return hosts.find((other) => !tried.includes(other)) ?? host;
}
