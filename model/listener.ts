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
  /**
   * Mutual TLS of the mesh is ended here, with the proxy's own certificate: beside plaintext, or plaintext is refused
   * (PeerAuthentication); absent = it is not.
   */
  readonly mutualTls?: 'permissive' | 'strict';
  /** TLS that ends here, by SNI, beside what `tcp` passes on unopened; absent = none. */
  readonly tlsServers?: readonly TlsServerSpec[];
}

/** A part of a TLS port with certificates of its own (a filter chain of Envoy); the most specific SNI decides. */
export interface TlsServerSpec {
  /** Exact or `*.suffix`; empty = any, also none at all. */
  readonly sniHosts: readonly string[];
  readonly tls: DownstreamTlsSpec;
  /** As those of the listener, for what comes out of TLS. */
  readonly route: string | null;
  readonly tcp: readonly TcpRouteSpec[] | null;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** How a proxy serves TLS. */
export interface DownstreamTlsSpec {
  /**
   * Whether callers show a certificate: `simple` = they are not asked, `optional-mutual` = what they show must be good,
   * `istio-mutual` = one of the mesh, to the proxy's own.
   */
  readonly mode: 'simple' | 'mutual' | 'optional-mutual' | 'istio-mutual';
  /** Names of secrets; the first that fits the caller's algorithms is shown. */
  readonly certificates: readonly string[];
  /** Name of the secret that callers' certificates must come from; '' where they are not asked. */
  readonly trust: string;
  /** In the order of preference; empty = ALPN is not answered. */
  readonly alpn: readonly string[];
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's names, for TLS up to 1.2; empty = the defaults. */
  readonly cipherSuites: readonly string[];
  /** OpenSSL's names; empty = the defaults. */
  readonly curves: readonly string[];
  /** Of callers' certificates one of these is needed; empty = any will do. */
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the public key in base64, or of the certificate in hexadecimal; one of both lists must fit. */
  readonly certificateSpki: readonly string[];
  readonly certificateHashes: readonly string[];
  /** Callers' certificates are not checked against `trust`. */
  readonly skipVerify: boolean;
}

/** One TCP (or TLS pass-through) rule; the first that matches is taken, then its clusters by weight. */
export interface TcpRouteSpec {
  readonly match: {
    /** SNI names, exact or `*.suffix`; empty = any, also no TLS at all. */
    readonly sniHosts: readonly string[];
    readonly destinationSubnets: readonly string[];
    /** Only TLS of a proxy of the mesh, told by its ALPN; policies of this proxy are not asked, it stays unopened. */
    readonly isMeshTls?: true;
  };
  readonly clusters: readonly { readonly name: string; readonly weight: number }[];
  /** 0 = never. Default 1 h (DestinationRule connectionPool.tcp.idleTimeout). */
  readonly idleTimeoutMs: number;
  readonly statPrefix: string;
  /** `host:port` that a proxy at the cluster's hosts is asked for (HTTP CONNECT); absent = none is asked. */
  readonly tunnel?: string;
  /** As a route's; absent = no document made it. */
  readonly rule?: string;
}
