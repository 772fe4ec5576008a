import type { Socket } from 'node:net';
import type { ListenerDirection } from '../../model/listener.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { TcpRecord } from '../tcp/tcp-proxy.ts';
import type { Listener } from './listener-table.ts';
import { PLAINTEXT_REFUSED } from './mesh-peer.ts';
import type { TcpTelemetry } from './tcp-telemetry.ts';

interface Closing {
  /** '' = policies refused it. */
  readonly flag?: TcpRecord['flag'];
  /** The SNI, where it was read. */
  readonly serverName?: string;
}

/** Closes connections on which nothing is served, and tells why. */
export class Refusals {
  readonly #telemetry: TcpTelemetry;

  constructor(telemetry: TcpTelemetry) {
    this.#telemetry = telemetry;
  }

  /** The cause goes to metrics, to the access log and to the proxy's own log. */
  refuse(
    socket: Socket,
    peer: DownstreamPeer,
    direction: ListenerDirection,
    reason: string,
    closing: Closing = {},
  ): void {
    this.#close(socket, peer, direction, reason, closing);
    this.#telemetry.refused(peer, reason, closing.serverName ?? '');
  }

  refusePlaintext(socket: Socket, peer: DownstreamPeer, { spec }: Listener): void {
    this.#close(socket, peer, spec.direction, PLAINTEXT_REFUSED, {});
    this.#telemetry.plaintextRefused(peer);
  }

  #close(
    socket: Socket,
    peer: DownstreamPeer,
    direction: ListenerDirection,
    reason: string,
    { flag = 'NR', serverName = '' }: Closing,
  ): void {
    socket.destroy();
    const nothing = { sentBytes: 0, receivedBytes: 0, durationMs: 0 };
    const record: TcpRecord = { cluster: '', host: null, flag, reason, ...nothing };
    this.#telemetry.tcpClosed(peer, direction, record, serverName);
  }
}
