import { readFileSync } from 'node:fs';

/**
 * Under which addresses the machine that Docker runs on calls this container: calls to a published port come from the
 * bridge's own address, which is the container's way out.
 * @param table `/proc/net/route`
 */
export function hostAddresses(table: string): ReadonlySet<string> {
  const gateways = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, gateway = '']) => destination === '00000000' && /^[0-9A-F]{8}$/.test(gateway))
    .map(([, , gateway = '']) => addressOf(gateway));
  return new Set(gateways);
}

/** The kernel writes an address as one number, in the order of the machine: the last byte first. */
function addressOf(hex: string): string {
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

export function readHostAddresses(): ReadonlySet<string> {
  try {
    return hostAddresses(readFileSync('/proc/net/route', 'utf8'));
  } catch {
    // No such file, no such host: loopback and the token are left.
    return new Set();
  }
}
