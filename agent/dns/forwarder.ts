import { randomFillSync } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { HEADER_BYTES, readQuestion } from '../codec/dns/message.ts';

/** As the C library: after this the next server is asked. */
const TIMEOUT_MS = 2500;

/** Questions under way at once, each with a socket; more than any container asks. */
const MAX_OPEN = 1024;

/** Passes questions on to the container's own name servers, byte for byte but for the id. */
export interface DnsForwarder {
  /** The reply, or null if no server answered. */
  ask(message: Buffer, viaTcp: boolean): Promise<Buffer | null>;
  close(): void;
}

/**
 * Name servers of a user network are on loopback, but those of the default bridge are asked over the network, where
 * another container can send packets in their name. So each question has a port and an id of its own that cannot be
 * guessed, and only a reply to that very question counts (RFC 5452 §4, §9).
 */
export function createDnsForwarder(servers: readonly string[], clock: Clock, port = 53): DnsForwarder {
  const open = new Set<UdpSocket>();

  const askUdp = (server: string, message: Buffer): Promise<Buffer | null> =>
    new Promise((resolve) => {
      if (open.size >= MAX_OPEN) return resolve(null);
      const query = Buffer.from(message);
      randomFillSync(query, 0, ID_BYTES);
      const socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
      open.add(socket);
      const finish = (reply: Buffer | null) => {
        if (!open.delete(socket)) return;
        cancel();
        socket.close();
        if (reply !== null) message.copy(reply, 0, 0, ID_BYTES);
        resolve(reply);
      };
      const cancel = clock.after(TIMEOUT_MS, () => finish(null));
      socket.on('message', (reply) => {
        if (answers(reply, query)) finish(reply);
      });
      // Nobody listens there: the next server is asked at once.
      socket.on('error', () => finish(null));
      socket.unref();
      // Connected, so that the kernel drops what other addresses send.
      socket.connect(port, server, () =>
        socket.send(query, (error) => {
          if (error) finish(null);
        }),
      );
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
      for (const socket of open) socket.close();
      open.clear();
    },
  };
}

const ID_BYTES = 2;

/** The same id and the same question; what has no readable question is told by its id alone. */
function answers(reply: Buffer, query: Buffer): boolean {
  if (reply.length < HEADER_BYTES || reply.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const asked = readQuestion(query);
  return asked === null || questionIn(reply, asked.end) === questionIn(query, asked.end);
}

/** Names differ in case at most. */
const questionIn = (message: Buffer, end: number) => message.latin1Slice(HEADER_BYTES, end).toLowerCase();

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
