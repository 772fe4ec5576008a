import { createServer, type Server, type Socket } from 'node:net';
import { errorCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { PORT } from '../../model/ports.ts';
import type { Dataplane } from '../dataplane.ts';
import type { ReadOriginalDestination } from './original-destination.ts';

const BACKLOG = 4096;
const OWN_PORTS: ReadonlySet<number> = new Set([PORT.outboundCapture, PORT.inboundCapture, PORT.agentDns]);

export interface CaptureServerDeps {
  readonly dataplane: Dataplane;
  readonly readOriginalDestination: ReadOriginalDestination;
  readonly log: Logger;
}

export interface CaptureServers {
  /** Callers are refused from now on, and go elsewhere; the application itself can still call out. */
  closeInbound(): void;
}

/**
 * Opens 15001 and 15006 and hands each captured connection to the data path. 15001 takes loopback only, where the
 * output hook redirects to; 15006 takes every address, since the redirect of arriving traffic leads to the interface's.
 */
export async function openCaptureServers(deps: CaptureServerDeps): Promise<CaptureServers> {
  const [inbound, inboundV6] = await Promise.all([
    open(deps, 'inbound', '0.0.0.0', PORT.inboundCapture),
    open(deps, 'inbound', '::', PORT.inboundCapture),
    open(deps, 'outbound', '127.0.0.1', PORT.outboundCapture),
    open(deps, 'outbound', '::1', PORT.outboundCapture),
  ]);
  return {
    closeInbound() {
      inbound?.close();
      inboundV6?.close();
    },
  };
}

/** null where the namespace has no IPv6. */
function open(
  deps: CaptureServerDeps,
  direction: 'inbound' | 'outbound',
  host: string,
  port: number,
): Promise<Server | null> {
  const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, (socket) => {
    accept(deps, direction, socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const hasNoIpv6 = host.includes(':') && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(errorCode(error));
      if (hasNoIpv6) resolve(null);
      else reject(error);
    });
    server.listen({ host, port, backlog: BACKLOG, ipv6Only: true }, () => resolve(server));
  });
}

function accept(deps: CaptureServerDeps, direction: 'inbound' | 'outbound', socket: Socket): void {
  const original = deps.readOriginalDestination(socket);
  if (original === null || OWN_PORTS.has(original.port)) {
    // Somebody dialled the agent itself: there is nowhere to take this connection.
    socket.on('error', () => socket.destroy());
    socket.destroy();
    deps.log.debug('connection that was not captured is refused', { direction, from: socket.remoteAddress });
    return;
  }
  deps.dataplane.accept(socket, { direction, originalDestination: original });
}
