import type { PlacedHost } from './balancer.ts';

/** Istio's `update_frequency` of Envoy's `previous_priorities`: each priority gets so many attempts. */
const UPDATE_FREQUENCY = 2;

/**
 * VirtualService's `retryRemoteLocalities`: every second failed attempt leaves the priorities that were tried so far.
 * @returns the hosts of the others; null = the choice stays as it is, since it is not time yet or nothing else is left
 */
export function hostsBeyond<Host extends PlacedHost>(
  hosts: readonly Host[],
  attempted: readonly Host[],
): Host[] | null {
  const counted = attempted.length - (attempted.length % UPDATE_FREQUENCY);
  if (counted === 0) return null;
  const left = new Set(attempted.slice(0, counted).map(({ priority }) => priority));
  const others = hosts.filter(({ priority }) => !left.has(priority));
  return others.some(({ isPickable }) => isPickable) ? others : null;
}
