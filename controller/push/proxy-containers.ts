import type { ContainerFacts } from '../world/container-facts.ts';
import { isMember, type Membership, roleOf } from '../world/membership.ts';

/** As long as what Docker prints of an id. */
const LEAST_DIGITS = 12;

/** The id of the running container that is called so, by its name, its id, or the beginning of that; null = none is. */
export function findRunning(containers: Iterable<ContainerFacts>, claim: string): string | null {
  const isBeginning = claim.length >= LEAST_DIGITS && /^[0-9a-f]+$/.test(claim);
  for (const { id, name, state } of containers) {
    if (state === 'running' && (name === claim || (isBeginning && id.startsWith(claim)))) return id;
  }
  return null;
}

/**
 * Whether a container may speak as a proxy of the mesh, by what Docker says of it. One with a terminal may not: its log
 * does not tell what the proxy's own code wrote from what callers made it print.
 */
export function isProxyOf(membership: Membership, facts: ContainerFacts): boolean {
  const role = roleOf(facts);
  const isProxy = role === 'agent' || role === 'gateway';
  return isProxy && facts.state === 'running' && !facts.hasTerminal && isMember(membership, facts);
}
