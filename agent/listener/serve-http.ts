import type { Socket } from 'node:net';
import type { ProtocolError } from '../codec/protocol-error.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { DownstreamConnection } from '../http/downstream-connection.ts';
import { DownstreamH2Connection } from '../http2/downstream-connection.ts';
import type { Listener } from './listener-table.ts';
import { isForbidden } from './mesh-peer.ts';
import type { Serving } from './serving.ts';

/** A connection, or what came out of its TLS: then by the name that its hello asked for. */
export interface HttpArrival {
  readonly socket: Socket;
  readonly peer: DownstreamPeer;
  readonly listener: Listener;
  /** The SNI; null = TLS was not ended by a chain of the listener. */
  readonly serverName?: string | null;
}

/** @param first bytes that were read already */
export function serveHttp(
  serving: Serving,
  arrival: HttpArrival,
  protocol: 'http1' | 'http2',
  first: Buffer | null,
): void {
  const { socket, peer, listener } = arrival;
  const { connections, queue, clock, telemetry, refusals } = serving;
  if (isForbidden(listener, peer)) {
    refusals.refusePlaintext(socket, peer, listener);
    return;
  }
  const options = {
    ...followListener(serving, arrival),
    ...{ queue, clock, onClosed: () => connections.delete(connection) },
    onBroken: (error: ProtocolError) => telemetry.protocolBroken(peer, error),
  };
  const connection: DownstreamConnection | DownstreamH2Connection =
    protocol === 'http2'
      ? new DownstreamH2Connection(socket, peer, options)
      : new DownstreamConnection(socket, peer, options);
  connections.add(connection, socket, clock.now());
  socket.resume();
  if (first !== null) connection.read(first);
}

/** The connection's listener as it is in force: looked up once per request, and anew only where tables have changed. */
function followListener(
  serving: Serving,
  { socket, peer, listener, serverName = null }: HttpArrival,
): { readonly pipeline: () => HttpPipeline | null; readonly isDraining: () => boolean } {
  let seen = serving.tables();
  let current = listener;
  let isOrphan = false;
  const { address, port } = peer.originalDestination;
  return {
    pipeline: () => {
      const now = serving.tables();
      if (now !== seen && now !== null) {
        seen = now;
        const outside = now.listeners.pick(listener.spec.direction, address, port);
        const next = serverName === null ? outside : (outside?.tls?.pick(serverName)?.inside ?? null);
        // A connection whose listener serves no HTTP any more ends after the request that it already sent.
        isOrphan = next === null || next.pipeline === null;
        if (next !== null && !isOrphan) current = next;
        if (outside !== null && isForbidden(outside, peer))
          serving.refusals.refusePlaintext(socket, peer, outside);
      }
      return socket.destroyed ? null : current.pipeline;
    },
    isDraining: () => serving.isDraining() || isOrphan,
  };
}
