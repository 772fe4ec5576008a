import type { BalancedHost, Picker } from './balanced-host.ts';
import type { HashLookup } from './ring-hash.ts';

/** Numbers that a hash can be. */
const HASHES = 2 ** 32;

/** The host that the request's hash belongs to; any host for a request that has none, as in Envoy. */
export function createHashPicker<Host extends BalancedHost>(
  hosts: readonly Host[],
  lookup: HashLookup,
): Picker<Host> {
  return (random, hash) => hosts[lookup(hash ?? Math.floor(random() * HASHES))] as Host;
}
