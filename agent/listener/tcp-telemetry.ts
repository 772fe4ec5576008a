import type { ListenerDirection } from '../../model/listener.ts';
import type { ProtocolError } from '../codec/protocol-error.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { RelayedBytes, TcpRecord } from '../tcp/tcp-proxy.ts';
import type { BlockedCall } from '../telemetry/blocked-hosts.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';

/** What is told of connections themselves; requests on them tell their own. */
export interface TcpTelemetry {
  tcpOpened(
    peer: DownstreamPeer,
    direction: ListenerDirection,
    cluster: Cluster,
    host: Host,
    relayed: RelayedBytes,
  ): void;
  /** @param serverName the SNI, '' = none, or not looked at */
  tcpClosed(peer: DownstreamPeer, direction: ListenerDirection, record: TcpRecord, serverName: string): void;
  blocked(call: BlockedCall): void;
  /** A connection was closed before anything was served on it. */
  refused(peer: DownstreamPeer, reason: string, serverName: string): void;
  /** Plaintext came where mutual TLS is demanded. */
  plaintextRefused(peer: DownstreamPeer): void;
  /** A caller's HTTP/2 connection was ended for what it sent. */
  protocolBroken(peer: DownstreamPeer, error: ProtocolError): void;
}
