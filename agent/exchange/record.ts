/** All that is known of a finished exchange: the access log's line, the test's hop, the console's row. */
export interface ExchangeRecord {
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly method: string;
  /** Normalised, before any rewrite (`%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%`). */
  readonly path: string;
  readonly authority: string;
  readonly protocol: string;
  readonly status: number;
  /** Comma-separated response flags, '' = none. */
  readonly flags: string;
  readonly details: string;
  readonly routeName: string;
  /** '' = none was chosen. */
  readonly cluster: string;
  /** `address:port`, '' = none was chosen. */
  readonly upstream: string;
  readonly upstreamServiceMs: number | null;
  readonly attempts: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly remoteAddress: string;
  readonly localAddress: string;
  readonly peerIdentity: string;
  readonly requestId: string;
  readonly forwardedFor: string;
  readonly userAgent: string;
  /** SNI of a connection that is no HTTP. */
  readonly serverName?: string;
  /** Why a connection to the host could not be made. */
  readonly transportFailure?: string;
  /** Why a connection was closed before anything was served on it. */
  readonly terminationDetails?: string;
  /** Why the caller's handshake of TLS failed. */
  readonly tlsFailure?: string;
}
