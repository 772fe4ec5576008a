import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';

/**
 * The two sides of an exchange, as every codec implements them: HTTP/1, HTTP/2, the in-memory codec of the tests.
 * Bodies are chunks passed by reference; a `send…` that gives false asks the sender to pause
 * until `…Drain` is called.
 */

/** Who is on the other end of a downstream connection. */
export interface DownstreamPeer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Where the connection was going before it was captured; a gateway's is its own address. */
  readonly originalDestination: { readonly address: string; readonly port: number };
  /** SPIFFE id under mutual TLS of the mesh, '' = not known. */
  readonly identity: string;
  readonly isTls: boolean;
  /** Name that the caller's TLS handshake asked for (SNI); absent = none. */
  readonly serverName?: string;
  /** What its TLS was agreed on; absent = plain text. */
  readonly tls?: AgreedTls;
  /** What the application is told of the caller's certificate (Envoy's `x-forwarded-client-cert`); absent = nothing. */
  readonly clientCertificate?: string;
}

export interface AgreedTls {
  /** `TLSv1.3`. */
  readonly version: string;
  /** OpenSSL's name. */
  readonly cipher: string;
  /** Subject of the caller's certificate, '' = none. */
  readonly subject: string;
}

/** The caller's side, told by the exchange. */
export interface DownstreamStream {
  readonly peer: DownstreamPeer;
  /** A 1xx answer on its own. */
  sendInterim(head: ResponseHead): void;
  sendHead(head: ResponseHead, hasBody: boolean): void;
  sendData(chunk: Buffer): boolean;
  /** Nothing that `sendData` was given is kept any more: its bytes are with the kernel. Absent = who knows. */
  readonly isWritten?: boolean;
  sendEnd(trailers: Headers | null): void;
  /** The answer cannot be finished: the caller must be able to tell. */
  abort(): void;
  pauseRequest(): void;
  resumeRequest(): void;
  /** After a 101 was sent: bytes go both ways from now on. */
  startTunnel(): void;
}

/** What a codec tells the exchange about the caller. */
export interface DownstreamEvents {
  /** True = nothing of the chunk is kept: its bytes may be overwritten. */
  onRequestData(chunk: Buffer): boolean;
  onRequestEnd(trailers: Headers | null): void;
  onTunnelData(chunk: Buffer): void;
  /** The caller half-closed a tunnel. */
  onTunnelEnd(): void;
  onDownstreamDrain(): void;
  /**
   * The caller went away before the answer was complete. `broke`: what it broke of the protocol, if it did; `answered`:
   * the status that it is told then by the codec, if it is told any.
   */
  onDownstreamClosed(broke?: string, answered?: number): void;
}

/** One attempt's request on its way to a host, told by the exchange. */
export interface UpstreamStream {
  /** `address:port` of this end; '' = not known any more. */
  readonly localAddress: string;
  sendData(chunk: Buffer): boolean;
  /** As that of {@link DownstreamStream}. */
  readonly isWritten?: boolean;
  sendEnd(trailers: Headers | null): void;
  sendTunnelEnd(): void;
  pauseResponse(): void;
  resumeResponse(): void;
  /** Gives up; nothing is told any more. */
  cancel(): void;
}

/** Why an attempt got no (whole) answer. */
export type UpstreamFailure =
  | { readonly kind: 'connect-failure'; readonly reason: string }
  /** `isUnprocessed`: the host surely never saw the request (a kept connection that it had closed). */
  | { readonly kind: 'reset'; readonly reason: string; readonly isUnprocessed: boolean }
  /** The host gave this one request up, and its connection goes on (RST_STREAM). */
  | { readonly kind: 'remote-reset' }
  /** The same, and the host says that it did nothing for it (REFUSED_STREAM). */
  | { readonly kind: 'refused-stream' }
  | { readonly kind: 'protocol-error'; readonly reason: string }
  | { readonly kind: 'overflow' };

/** What a pool and a connection tell the exchange about one attempt. */
export interface UpstreamEvents {
  /** Whose request it is; absent = the proxy's own. */
  readonly caller?: DownstreamPeer;
  /** A connection is there and the head has been sent: the body may follow. */
  onUpstreamReady(stream: UpstreamStream): void;
  onInterim(head: ResponseHead): void;
  onResponse(head: ResponseHead, hasBody: boolean): void;
  /** True = nothing of the chunk is kept: its bytes may be overwritten. */
  onResponseData(chunk: Buffer): boolean;
  onResponseEnd(trailers: Headers | null): void;
  onUpstreamTunnelData(chunk: Buffer): void;
  onUpstreamTunnelEnd(): void;
  onUpstreamDrain(): void;
  /** Before or within the answer; nothing follows. */
  onUpstreamFailure(failure: UpstreamFailure): void;
}

/** Gives connections to one host. */
export interface Pool {
  /** Tells `events` as soon as a connection is ready, often at once. */
  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void;
  /** Takes back a request that has no stream yet. */
  forget(events: UpstreamEvents): void;
  /** The host is gone: idle connections end now, busy ones with their exchange. */
  drain(): void;
  /** The host is dead: what is still under way there would wait for ever, and fails. */
  abandon(): void;
  /** Called every few seconds: idle connections that are too old end. */
  sweep(nowMs: number): void;
  readonly idleCount: number;
  readonly connectionCount: number;
}
