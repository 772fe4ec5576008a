import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { errorCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import {
  type DnsQuestion,
  HEADER_BYTES,
  MAX_UDP_BYTES,
  RCODE,
  readQuestion,
  readReply,
  TYPE,
  writeAnswer,
} from '../codec/dns/message.ts';
import { createDnsForwarder, type DnsForwarder, withLength } from './forwarder.ts';
import { createNameTable, EMPTY_NAMES, findName, type NameTable } from './name-table.ts';

/** Virtual addresses are stable, headless ones follow their containers: short enough for the latter. */
const TTL_SECONDS = 5;
const MAX_TCP_BYTES = 65535;
const TCP_IDLE_MS = 10_000;

export interface ResolverDeps {
  /** The container's own name servers, in order. */
  readonly nameservers: readonly string[];
  /** Its search domains. */
  readonly searchDomains?: readonly string[];
  readonly port: number;
  /** Loopback addresses to listen on; one that the namespace lacks is left out. */
  readonly hosts: readonly string[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Port of the name servers; 53 but in tests. */
  readonly upstreamPort?: number;
}

export interface Resolver {
  /** Replaces all names at once. Until the first call every question waits: passed on, a name of the mesh is NXDOMAIN. */
  update(names: ReadonlyMap<string, NameEntrySpec>): void;
  close(): void;
  /** The port listened on, for tests that ask for 0. */
  readonly port: number;
}

/** The agent's name server: answers what the mesh knows better, passes everything else on untouched. */
export async function createResolver(deps: ResolverDeps): Promise<Resolver> {
  const forwarder = createDnsForwarder(deps.nameservers, deps.clock, deps.upstreamPort);
  const known = Promise.withResolvers<void>();
  let table: NameTable | null = null;
  const answer = async (query: Buffer, maxBytes: number) => {
    if (table === null) await known.promise;
    return resolve(query, maxBytes, table ?? EMPTY_NAMES, forwarder, deps.random);
  };
  const sockets: UdpSocket[] = [];
  const servers: Server[] = [];
  let { port } = deps;
  for (const host of deps.hosts) {
    const pair = await openPair(host, port, answer);
    if (pair === null) continue;
    port = pair.socket.address().port;
    sockets.push(pair.socket);
    servers.push(pair.server);
  }
  return {
    port,
    update(names) {
      table = createNameTable(names, deps.searchDomains);
      known.resolve();
    },
    close() {
      for (const socket of sockets) socket.close();
      for (const server of servers) server.close();
      forwarder.close();
    },
  };
}

type Answer = (query: Buffer, maxBytes: number) => Promise<Buffer | null>;

async function resolve(
  query: Buffer,
  maxBytes: number,
  table: NameTable,
  forwarder: DnsForwarder,
  random: () => number,
): Promise<Buffer | null> {
  // Too short for a head: there is nothing to answer or to pass on.
  if (query.length < HEADER_BYTES) return null;
  const question = readQuestion(query);
  const viaTcp = maxBytes > MAX_UDP_BYTES;
  const entry = question === null ? null : findName(table, question.name);
  if (question === null || entry === null || !isAddressType(question)) {
    const reply = await forwarder.ask(query, viaTcp);
    // An answer, if only this one, spares the caller its own long wait.
    return reply ?? (question === null ? null : writeAnswer(query, question, NO_SERVER, maxBytes));
  }
  const own = () => writeAnswer(query, question, ownAnswer(entry, question, random), maxBytes);
  if (entry.mode === 'answer') return own();
  const reply = await forwarder.ask(query, viaTcp);
  const facts = reply === null ? null : readReply(reply);
  // Docker knows the name only while a container of it runs.
  const isUseless =
    facts === null || facts.rcode !== RCODE.noError || (facts.answers === 0 && question.type === TYPE.A);
  return isUseless ? own() : reply;
}

const NO_SERVER = { rcode: RCODE.serverFailure, addresses: [], ttlSeconds: 0 };

const isAddressType = ({ type }: DnsQuestion) => type === TYPE.A || type === TYPE.AAAA || type === TYPE.ANY;

/** A known name without addresses of the asked family exists all the same: NOERROR, no records (RFC 2308 §2.2). */
function ownAnswer(entry: NameEntrySpec, { type }: DnsQuestion, random: () => number) {
  const addresses = entry.addresses.filter(
    (address) => type === TYPE.ANY || address.includes(':') === (type === TYPE.AAAA),
  );
  return { rcode: RCODE.noError, addresses: shuffled(addresses, random), ttlSeconds: TTL_SECONDS };
}

function shuffled(list: readonly string[], random: () => number): string[] {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [copy[i], copy[j]] = [copy[j] as string, copy[i] as string];
  }
  return copy;
}

interface Pair {
  readonly socket: UdpSocket;
  readonly server: Server;
}

/** One port for both protocols; null = the namespace has no such address. */
async function openPair(host: string, port: number, answer: Answer): Promise<Pair | null> {
  const socket = await bindUdp(host, port, answer);
  if (socket === null) return null;
  try {
    return { socket, server: await listenTcp(host, socket.address().port, answer) };
  } catch (error) {
    socket.close();
    // Any port was asked for, and the one that UDP got is another's for TCP.
    if (port === 0 && errorCode(error) === 'EADDRINUSE') return openPair(host, port, answer);
    throw error;
  }
}

function bindUdp(host: string, port: number, answer: Answer): Promise<UdpSocket | null> {
  const isV6 = host.includes(':');
  const socket = createSocket({ type: isV6 ? 'udp6' : 'udp4', ...(isV6 ? { ipv6Only: true } : {}) });
  socket.on('message', (query, peer) => {
    void answer(query, MAX_UDP_BYTES).then((reply) => {
      if (reply !== null) socket.send(reply, peer.port, peer.address, () => {});
    });
  });
  return new Promise((resolveBind, reject) => {
    socket.once('error', (error) => {
      if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(errorCode(error))) resolveBind(null);
      else reject(error);
    });
    socket.bind(port, host, () => resolveBind(socket));
  });
}

function listenTcp(host: string, port: number, answer: Answer): Promise<Server> {
  // A client may end its side behind its questions and wait for the answers.
  const server = createServer({ allowHalfOpen: true }, (socket) => serveTcp(socket, answer));
  return new Promise((resolveListen, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolveListen(server));
  });
}

/** Messages with their length before them, one after the other (RFC 7766). */
function serveTcp(socket: Socket, answer: Answer): void {
  let received = Buffer.alloc(0);
  let open = 0;
  const endIfDone = () => {
    if (open === 0 && socket.readableEnded) socket.end();
  };
  socket.on('end', endIfDone);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      const query = received.subarray(2, end);
      received = received.subarray(end);
      open += 1;
      void answer(query, MAX_TCP_BYTES).then((reply) => {
        open -= 1;
        if (reply !== null && !socket.destroyed) socket.write(withLength(reply));
        endIfDone();
      });
    }
  });
}
