import { createServer, type Server, type Socket } from 'node:net';
import { errorCode, errorMessage } from '../../base/errors.ts';
import { SnapshotRejected } from '../dataplane.ts';

const ANY_ADDRESS = '0.0.0.0';

export interface GatewayPorts {
  /**
   * Opens the ports that are new; {@link PortChange.commit} closes those that are gone, {@link PortChange.undo} the new.
   * @throws SnapshotRejected naming a port that cannot be opened; nothing is changed then
   */
  prepare(ports: ReadonlySet<number>): Promise<PortChange>;
  /** Takes no new connections. */
  close(): void;
}

export interface PortChange {
  commit(): void;
  undo(): void;
}

/** A gateway's own sockets. `onConnection` is told of a port even before the first snapshot with it is in force. */
export function createGatewayPorts(onConnection: (socket: Socket, port: number) => void): GatewayPorts {
  const open = new Map<number, Server>();
  const closePorts = (ports: Iterable<number>) => {
    for (const port of ports) {
      open.get(port)?.close();
      open.delete(port);
    }
  };
  return {
    async prepare(wanted) {
      const added: number[] = [];
      try {
        for (const port of wanted) {
          if (open.has(port)) continue;
          open.set(port, await listen(port, (socket) => onConnection(socket, port)));
          added.push(port);
        }
      } catch (error) {
        closePorts(added);
        throw error;
      }
      return {
        commit: () => closePorts([...open.keys()].filter((port) => !wanted.has(port))),
        undo: () => closePorts(added),
      };
    },
    close: () => closePorts([...open.keys()]),
  };
}

/** As many as the kernel lets wait by default (`net.core.somaxconn`): whoever finds no place tries again after a second. */
const BACKLOG = 4096;

function listen(port: number, onConnection: (socket: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, onConnection);
    server.once('error', (error) => {
      const why =
        errorCode(error) === 'EADDRINUSE' ? 'is already in use' : `cannot be opened: ${errorMessage(error)}`;
      reject(new SnapshotRejected(`port ${port} of the gateway ${why}`));
    });
    server.listen(port, ANY_ADDRESS, BACKLOG, () => resolve(server));
  });
}
