import { createHash } from 'node:crypto';

const FIRST = 1;
const COUNT = 65_534;

/**
 * A virtual address out of 240.240.0.0/16 for each hostname. It follows from the name, so it survives restarts of
 * everything; two names that fall on one address are told apart in the order of their names.
 */
export function assignVirtualAddresses(hostnames: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set<number>();
  const addresses = new Map<string, string>();
  for (const hostname of [...hostnames].sort()) {
    let slot = createHash('sha256').update(hostname).digest().readUInt32BE(0) % COUNT;
    while (taken.has(slot)) slot = (slot + 1) % COUNT;
    taken.add(slot);
    const number = FIRST + slot;
    addresses.set(hostname, `240.240.${number >> 8}.${number & 255}`);
  }
  return addresses;
}
