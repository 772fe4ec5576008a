/**
 * How a connection is answered. A sidecar opens only 15001 and 15006 and picks the listener by the original
 * destination; a gateway opens each listener's own port.
 */

/** What bytes are expected. `auto` = sniff: HTTP/1, HTTP/2, TLS, else TCP. */
export type ListenerProtocol = 'http' | 'http2' | 'tcp' | 'tls' | 'auto';

export type ListenerDirection = 'inbound' | 'outbound' | 'gateway';

export interface ListenerSpec {
  /** Istio's form: `0.0.0.0_9080`, `240.240.0.5_3306`, `virtualInbound|9080`. */
  readonly name: string;
  readonly direction: ListenerDirection;
  /** Destination port; 0 = any port that no other listener of this direction has. */
  readonly port: number;
  /** Destination addresses or CIDRs; empty = any. A listener that names the address beats one for any address. */
  readonly addresses: readonly string[];
  readonly protocol: ListenerProtocol;
  /** Name of the route config for HTTP; null where HTTP is not served. */
  readonly route: string | null;
  /** What happens to bytes that are not HTTP; null = the connection is closed with flag NR. */
  readonly tcp: readonly TcpRouteSpec[] | null;
}

/** One TCP (or TLS pass-through) rule; the first that matches is taken, then its clusters by weight. */
export interface TcpRouteSpec {
  readonly match: {
    /** SNI names, exact or `*.suffix`; empty = any, also no TLS at all. */
    readonly sniHosts: readonly string[];
    readonly destinationSubnets: readonly string[];
  };
  readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  /** 0 = never. Default 1 h (DestinationRule connectionPool.tcp.idleTimeout). */
  readonly idleTimeoutMs: number;
  readonly statPrefix: string;
}
