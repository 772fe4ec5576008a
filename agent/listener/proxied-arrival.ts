import { errorMessage } from '../../base/errors.ts';
import { readProxyHeader } from '../codec/proxy-protocol.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../tls/tls-server.ts';
import { plainAddress } from './address.ts';
import type { Arrival } from './arrival.ts';
import type { Serving } from './serving.ts';

/**
 * A gateway behind a balancer that begins each connection with a PROXY header (gatewayTopology.proxyProtocol): the
 * caller is the one that it tells of. A connection without one is closed.
 */
export function readProxied(serving: Serving, arrival: Arrival, onRead: (arrival: Arrival) => void): void {
  const { socket, peer, listener } = arrival;
  let bytes = Buffer.alloc(0);
  const stop = () => {
    cancelTimer();
    socket.pause();
    socket.off('data', onData).off('end', onEnd).off('close', stop);
  };
  const refuse = (reason: string) => {
    stop();
    serving.refusals.refuse(socket, peer, listener.spec.direction, reason);
  };
  const onEnd = () => refuse('the PROXY header is not whole');
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    try {
      const header = readProxyHeader(bytes);
      if (header === null) return;
      stop();
      if (header.end < bytes.length) socket.unshift(bytes.subarray(header.end));
      onRead({ ...arrival, peer: header.connection === null ? peer : proxied(peer, header.connection) });
    } catch (error) {
      refuse(errorMessage(error));
    }
  };
  const cancelTimer = serving.clock.after(HANDSHAKE_TIMEOUT_MS, () => refuse('no PROXY header in time'));
  socket.on('data', onData).on('end', onEnd).on('close', stop);
  socket.resume();
}

/** Where it was going decides no more than it did: the listener is found. */
function proxied(
  peer: DownstreamPeer,
  told: NonNullable<NonNullable<ReturnType<typeof readProxyHeader>>['connection']>,
): DownstreamPeer {
  return {
    ...peer,
    ...{ remoteAddress: plainAddress(told.sourceAddress), remotePort: told.sourcePort },
    ...{ localAddress: plainAddress(told.destinationAddress), localPort: told.destinationPort },
  };
}
