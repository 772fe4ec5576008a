/** What a balancer needs to know of a host. */
export interface BalancedHost {
  readonly weight: number;
  /** Requests in flight, kept by the pool. */
  readonly active: number;
}

/**
 * A throw-away choice over the hosts of one moment: any change of hosts or their health makes a new picker. Gives null
 * only if there are no hosts.
 */
export type Picker<Host> = (random: () => number) => Host | null;
