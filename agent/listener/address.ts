import { BlockList, isIPv6 } from 'node:net';

/** `::ffff:10.0.0.1`, as a dual-stack socket names an IPv4 peer, is `10.0.0.1` everywhere else. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

export type AddressMatcher = (address: string) => boolean;

/** Addresses and CIDRs; an empty list matches none. */
export function createAddressMatcher(entries: readonly string[]): AddressMatcher {
  if (entries.length === 0) return () => false;
  const list = new BlockList();
  for (const entry of entries) {
    const [network = '', prefix] = entry.split('/');
    const family = isIPv6(network) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
