import type { Socket } from 'node:net';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { plainAddress } from './address.ts';
import type { Listener } from './listener-table.ts';
import type { Tables } from './tables.ts';

/** A connection on which nothing is served yet, or what came out of its TLS. */
export interface Arrival {
  readonly socket: Socket;
  readonly peer: DownstreamPeer;
  readonly listener: Listener;
  /** Those that were in force when it came. */
  readonly tables: Tables;
}

/** @param destination where it was going before its capture */
export function describePeer(
  socket: Socket,
  destination: { readonly address: string; readonly port: number },
): DownstreamPeer {
  const originalDestination = { address: plainAddress(destination.address), port: destination.port };
  return {
    remoteAddress: plainAddress(socket.remoteAddress ?? ''),
    remotePort: socket.remotePort ?? 0,
    localAddress: originalDestination.address,
    localPort: originalDestination.port,
    originalDestination,
    identity: '',
    isTls: false,
  };
}
