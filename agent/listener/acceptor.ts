import type { Socket } from 'node:net';
import type { ListenerDirection } from '../../model/listener.ts';
import { PORT } from '../../model/ports.ts';
import { type Arrival, describePeer } from './arrival.ts';
import { needsServerName } from './dispatch.ts';
import { endsMeshTls } from './mesh-peer.ts';
import { OpenConnections } from './open-connections.ts';
import { readProxied } from './proxied-arrival.ts';
import { Refusals } from './refusals.ts';
import { serveTcp } from './serve-tcp.ts';
import type { AcceptorDeps, Serving } from './serving.ts';
import { SilentDestinations } from './silent-destinations.ts';
import { sniff } from './sniffer.ts';
import type { Tables } from './tables.ts';

export interface Acceptor {
  accept(socket: Socket, direction: ListenerDirection, destination: { address: string; port: number }): void;
  /** `connection: close` or GOAWAY on every HTTP connection; idle ones end, and those that still come are served. */
  drain(): void;
  /** Called every few seconds: connections of callers that went away without a word end. */
  sweep(nowMs: number): void;
  readonly openCount: number;
  destroy(): void;
}

/** Ports of the capture itself: a connection that was really made to one of them would come back for ever. */
const OWN_PORTS: ReadonlySet<number> = new Set([PORT.outboundCapture, PORT.inboundCapture]);

/** Finds the listener of each new connection, and has it served as that says, or as its first bytes do. */
export function createAcceptor(deps: AcceptorDeps): Acceptor {
  const sockets = new Set<Socket>();
  let isDraining = false;
  const serving: Serving = {
    ...deps,
    refusals: new Refusals(deps.telemetry),
    connections: new OpenConnections(),
    silent: new SilentDestinations(),
    isDraining: () => isDraining,
  };

  return {
    accept(socket, direction, destination) {
      const tables = deps.tables();
      const peer = describePeer(socket, destination);
      socket.allowHalfOpen = true;
      socket.setNoDelay(true);
      socket.on('error', () => socket.destroy());
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      const refuse = (reason: string) => serving.refusals.refuse(socket, peer, direction, reason);
      const { address, port } = peer.originalDestination;
      if (tables === null) return refuse('not ready');
      if (direction !== 'gateway' && OWN_PORTS.has(port) && isOwnAddress(tables, address))
        return refuse('a connection to the proxy itself');
      const listener = tables.listeners.pick(direction, address, port);
      if (listener === null) return refuse('no listener');
      const arrival = { socket, peer, listener, tables };
      if (direction === 'gateway' && tables.node.takesProxyProtocol === true)
        readProxied(serving, arrival, (told) => serve(serving, told));
      else serve(serving, arrival);
    },
    drain() {
      isDraining = true;
      serving.connections.drain();
    },
    sweep: (nowMs) => serving.connections.sweep(nowMs),
    get openCount() {
      return sockets.size;
    },
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serve(serving: Serving, arrival: Arrival): void {
  if (isPassedOnUnread(arrival)) serveTcp(serving, arrival, null);
  else sniff(serving, arrival);
}

/** Its port is declared, and nothing in its first bytes can matter. */
function isPassedOnUnread({ peer, listener }: Arrival): boolean {
  const { protocol } = listener.spec;
  const isTold = protocol === 'tcp' || protocol === 'tls';
  return isTold && !needsServerName(listener) && !listener.isDeadEnd && !endsMeshTls(listener, peer);
}

function isOwnAddress({ node }: Tables, address: string): boolean {
  return address.startsWith('127.') || address === '::1' || node.addresses.includes(address);
}
