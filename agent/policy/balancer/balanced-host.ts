/** What a balancer needs to know of a host. */
export interface BalancedHost {
  /** `address:port`; what consistent hashing places a host by. */
  readonly key: string;
  readonly weight: number;
  /** Requests in flight, kept by the forwarder. */
  readonly active: number;
}

/**
 * A throw-away choice over the hosts of one moment: any change of hosts or their health makes a new picker. Gives null
 * only if there are no hosts. `hash` is the request's, null = it has none; only consistent hashing looks at it.
 */
export type Picker<Host> = (random: () => number, hash: number | null) => Host | null;
