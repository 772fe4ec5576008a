import type { LoadBalancerSpec } from '../../../model/cluster.ts';
import type { BalancedHost, Picker } from './balanced-host.ts';
import { createHashPicker } from './consistent-hash.ts';
import { createLeastRequestPicker } from './least-request.ts';
import { createMaglevTable } from './maglev.ts';
import { createRandomPicker } from './random.ts';
import { createRing, type HashEntry } from './ring-hash.ts';
import { createRoundRobinPicker } from './round-robin.ts';

export type BalancerPolicy = Pick<LoadBalancerSpec, 'policy' | 'tableSize'>;

/**
 * The choice among hosts of one priority and locality.
 * @param seed differs from picker to picker, so that round-robins do not all start with the first host
 * @param entries what consistent hashing goes by instead of the hosts' own weights
 */
export function createPicker<Host extends BalancedHost>(
  { policy, tableSize }: BalancerPolicy,
  hosts: readonly Host[],
  seed: number,
  entries: readonly HashEntry[] = hosts,
): Picker<Host> {
  if (hosts.length === 0) return () => null;
  if (hosts.length === 1) return () => hosts[0] as Host;
  switch (policy) {
    case 'round-robin':
      return createRoundRobinPicker(hosts, seed);
    case 'random':
      return createRandomPicker(hosts);
    case 'least-request':
      return createLeastRequestPicker(hosts);
    case 'ring-hash':
      return createHashPicker(hosts, createRing(entries, tableSize));
    case 'maglev':
      return createHashPicker(hosts, createMaglevTable(entries, tableSize));
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
  hash: number | null,
): Host | null {
  let host = pick(random, hash);
  for (let left = attempts; left > 0 && host !== null && tried.includes(host); left--) {
    host = pick(random, hash);
  }
  if (host === null || attempts === 0 || !tried.includes(host)) return host;
  return hosts.find((other) => !tried.includes(other)) ?? host;
}
