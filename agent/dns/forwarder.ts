import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Clock } from '../../base/clock.ts';

/** As the C library: after this the next server is asked. */
const TIMEOUT_MS = 2500;

/** Questions under way at once; more than any container asks, and few enough that a free id is found at once. */
const MAX_PENDING = 4096;

/** Passes questions on to the container's own name servers, byte for byte but for the id. */
export interface DnsForwarder {
  /** The reply, or null if no server answered. */
  ask(message: Buffer, viaTcp: boolean): Promise<Buffer | null>;
  close(): void;
}

export function createDnsForwarder(servers: readonly string[], clock: Clock, port = 53): DnsForwarder {
  const pending = new Map<number, { readonly server: string; finish(reply: Buffer | null): void }>();
  const sockets = new Map<string, UdpSocket>();
  let nextId = Math.floor(clock.wall()) & 0xffff;

  const socketFor = (server: string): UdpSocket => {
    const known = sockets.get(server);
    if (known !== undefined) return known;
    const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
    // Only this server's replies arrive: nobody else can answer in its place.
    socket.connect(port, server);
    socket.on('message', (reply) => {
      if (reply.length >= 2) pending.get(reply.readUInt16BE(0))?.finish(reply);
    });
    socket.on('error', () => {
      // Nobody listens there: the next server is asked at once.
      sockets.delete(server);
      socket.close();
      for (const question of [...pending.values()]) if (question.server === server) question.finish(null);
    });
    socket.unref();
    sockets.set(server, socket);
    return socket;
  };

  const freeId = (): number => {
    do nextId = (nextId + 1) & 0xffff;
    while (pending.has(nextId));
    return nextId;
  };

  const askUdp = (server: string, message: Buffer): Promise<Buffer | null> =>
    new Promise((resolve) => {
      if (pending.size >= MAX_PENDING) return resolve(null);
      const id = freeId();
      const original = message.readUInt16BE(0);
      const query = Buffer.from(message);
      query.writeUInt16BE(id, 0);
      const finish = (reply: Buffer | null) => {
        cancel();
        pending.delete(id);
        if (reply !== null) reply.writeUInt16BE(original, 0);
        resolve(reply);
      };
      const cancel = clock.after(TIMEOUT_MS, () => finish(null));
      pending.set(id, { server, finish });
      const socket = socketFor(server);
      const send = () =>
        socket.send(query, (error) => {
          if (error) finish(null);
        });
      if (isConnected(socket)) send();
      else socket.once('connect', send);
    });

  return {
    async ask(message, viaTcp) {
      for (const server of servers) {
        const reply = await (viaTcp ? askTcp(server, port, message, clock) : askUdp(server, message));
        if (reply !== null) return reply;
      }
      return null;
    },
    close() {
      for (const socket of sockets.values()) socket.close();
      sockets.clear();
    },
  };
}

function isConnected(socket: UdpSocket): boolean {
  try {
    socket.remoteAddress();
    return true;
  } catch {
    // node:dgram tells it only by throwing ERR_SOCKET_DGRAM_NOT_CONNECTED.
    return false;
  }
}

/** RFC 1035 §4.2.2: a length of two bytes before each message. */
function askTcp(server: string, port: number, message: Buffer, clock: Clock): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const socket = connect(port, server);
    let received = Buffer.alloc(0);
    const finish = (reply: Buffer | null) => {
      cancel();
      socket.destroy();
      resolve(reply);
    };
    const cancel = clock.after(TIMEOUT_MS, () => finish(null));
    socket.on('connect', () => socket.write(withLength(message)));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        finish(received.subarray(2, 2 + received.readUInt16BE(0)));
      }
    });
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(null));
  });
}

export function withLength(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
