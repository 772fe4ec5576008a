import type { Workload } from './world.ts';

/** The networks of a proxy as one text: proxies with equal ones reach the same addresses. */
export function networksKey(proxy: Workload): string {
  return proxy.addresses
    .map(({ network }) => network)
    .sort()
    .join(',');
}

/** An address of the workload on a network that `networks` names; null = none is shared. */
export function reachableAddress(workload: Workload, networks: readonly string[]): string | null {
  return workload.addresses.find(({ network }) => networks.includes(network))?.address ?? null;
}
