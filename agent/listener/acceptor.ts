import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { ListenerDirection } from '../../model/listener.ts';
import { BLACK_HOLE_CLUSTER } from '../../model/names.ts';
import { PORT } from '../../model/ports.ts';
import type { ProtocolError } from '../codec/protocol-error.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { askAboutConnection } from '../filters/external-connections.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';
import { refuseConnection } from '../filters/security.ts';
import { DownstreamConnection } from '../http/downstream-connection.ts';
import type { FlushQueue } from '../http/flush-queue.ts';
import { DownstreamH2Connection } from '../http2/downstream-connection.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import { protocolOfAlpn } from '../identity/mesh-tls.ts';
import { readServerName } from '../tcp/server-name.ts';
import { proxyTcp, type RelayedBytes, type TcpRecord } from '../tcp/tcp-proxy.ts';
import type { BlockedCall } from '../telemetry/blocked-hosts.ts';
import { describeSecurePeer } from '../tls/forwarded-certificate.ts';
import { HANDSHAKE_TIMEOUT_MS } from '../tls/tls-server.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { plainAddress } from './address.ts';
import { readAskedHost } from './asked-host.ts';
import { detectProtocol } from './detect.ts';
import type { Listener, TlsChain } from './listener-table.ts';
import {
  describeMeshPeer,
  endsMeshTls,
  isForbidden,
  isForMesh,
  isMeshHello,
  PLAINTEXT_REFUSED,
} from './mesh-peer.ts';
import { OpenConnections } from './open-connections.ts';
import type { Tables } from './tables.ts';

export interface TcpTelemetry {
  tcpOpened(
    peer: DownstreamPeer,
    direction: ListenerDirection,
    cluster: Cluster,
    host: Host,
    relayed: RelayedBytes,
  ): void;
  /** @param serverName the SNI, '' = none, or not looked at */
  tcpClosed(peer: DownstreamPeer, direction: ListenerDirection, record: TcpRecord, serverName: string): void;
  blocked(call: BlockedCall): void;
  /** A connection was closed before anything was served on it. */
  refused(peer: DownstreamPeer, reason: string, serverName: string): void;
  /** Plaintext came where mutual TLS is demanded. */
  plaintextRefused(peer: DownstreamPeer): void;
  /** A caller's HTTP/2 connection was ended for what it sent. */
  protocolBroken(peer: DownstreamPeer, error: ProtocolError): void;
}

export interface AcceptorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly queue: FlushQueue;
  readonly telemetry: TcpTelemetry;
  readonly identity?: MeshIdentity | undefined;
  readonly watch: PolicyWatch;
  /** The tables in force; null before the first snapshot. */
  readonly tables: () => Tables | null;
}

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
/** Destinations remembered as speaking first; more than any container calls. */
const MAX_SERVER_FIRST = 4096;

/** How long a connection that will be closed is listened to for its caller's first bytes, without detection. */
const DEAD_END_MS = 300;

/**
 * Where mutual TLS is taken, a caller that was silent before is waited for so long: it may have got a proxy since, or was
 * only slow then.
 */
const KNOWN_SILENCE_MS = 50;

/** A proxy of the mesh speaks first, but may be a machine that is busy. */
const STRICT_SILENCE_MS = 5000;

interface Closing {
  /** '' = policies refused it. */
  readonly flag?: TcpRecord['flag'];
  /** The SNI, where it was read. */
  readonly serverName?: string;
}

/** Decides what a new connection is, and hands it to the HTTP codec or the TCP proxy. */
export function createAcceptor(deps: AcceptorDeps): Acceptor {
  const sockets = new Set<Socket>();
  const connections = new OpenConnections();
  const serverFirst = new Set<string>();
  let isDraining = false;

  /** Nothing is served; the cause goes to metrics and access log. */
  const close = (
    socket: Socket,
    peer: DownstreamPeer,
    direction: ListenerDirection,
    reason: string,
    { flag = 'NR', serverName = '' }: Closing = {},
  ) => {
    socket.destroy();
    const nothing = { sentBytes: 0, receivedBytes: 0, durationMs: 0 };
    const record: TcpRecord = { cluster: '', host: null, flag, reason, ...nothing };
    deps.telemetry.tcpClosed(peer, direction, record, serverName);
  };

  /** The same, and the proxy's own log says it too. */
  const refuse = (...closing: Parameters<typeof close>) => {
    const [, peer, , reason, { serverName = '' } = {}] = closing;
    close(...closing);
    deps.telemetry.refused(peer, reason, serverName);
  };

  const refusePlaintext = (socket: Socket, peer: DownstreamPeer, { spec }: Listener) => {
    close(socket, peer, spec.direction, PLAINTEXT_REFUSED);
    deps.telemetry.plaintextRefused(peer);
  };

  /** Reads the listener in force once per request. */
  const followListener = (
    socket: Socket,
    peer: DownstreamPeer,
    listener: Listener,
    serverName: string | null,
  ) => {
    let seen = deps.tables();
    let current = listener;
    let isOrphan = false;
    const { address, port } = peer.originalDestination;
    return {
      pipeline: () => {
        const now = deps.tables();
        if (now !== seen && now !== null) {
          seen = now;
          const outside = now.listeners.pick(listener.spec.direction, address, port);
          const next = serverName === null ? outside : (outside?.tls?.pick(serverName)?.inside ?? null);
          // A connection whose listener serves no HTTP any more ends after the request that it already sent.
          isOrphan = next === null || next.pipeline === null;
          if (next !== null && !isOrphan) current = next;
          if (outside !== null && isForbidden(outside, peer)) refusePlaintext(socket, peer, outside);
        }
        return socket.destroyed ? null : current.pipeline;
      },
      isDraining: () => isDraining || isOrphan,
    };
  };

  const serveHttp = (
    socket: Socket,
    peer: DownstreamPeer,
    listener: Listener,
    protocol: 'http1' | 'http2',
    first: Buffer,
    serverName: string | null = null,
  ) => {
    if (isForbidden(listener, peer)) return refusePlaintext(socket, peer, listener);
    const options = {
      ...followListener(socket, peer, listener, serverName),
      ...{ queue: deps.queue, clock: deps.clock, onClosed: () => connections.delete(connection) },
      onBroken: (error: ProtocolError) => deps.telemetry.protocolBroken(peer, error),
    };
    const connection: DownstreamConnection | DownstreamH2Connection =
      protocol === 'http2'
        ? new DownstreamH2Connection(socket, peer, options)
        : new DownstreamConnection(socket, peer, options);
    connections.add(connection, socket, deps.clock.now());
    socket.resume();
    if (first.length > 0) connection.read(first);
  };

  const serveTcp = (
    socket: Socket,
    peer: DownstreamPeer,
    listener: Listener,
    tables: Tables,
    early: Buffer | null,
    reconsider: ((chunk: Buffer) => boolean) | null = null,
  ) => {
    const { direction } = listener.spec;
    if (isForbidden(listener, peer)) return refusePlaintext(socket, peer, listener);
    if (listener.tcp === null)
      return refuse(socket, peer, direction, early?.[0] === 0x16 ? TLS_TO_HTTP : NO_HTTP);
    const name = early === null ? '' : readServerName(early).name;
    const { originalDestination: destination } = peer;
    const route = listener.tcp.match(name, destination.address);
    if (route?.spec.match.isMeshTls === true) {
      // Unopened it is not this proxy's to judge (Istio's `builtAutoPassthroughFilterChains` leaves policies out).
      if (!isMeshHello(early)) return refuse(socket, peer, direction, NO_MESH_TLS, { serverName: name });
    } else {
      const denial = refusalOf(listener, peer, tables, name, deps.watch);
      if (denial !== null) return refuse(socket, peer, direction, denial, { flag: '', serverName: name });
    }
    if (route === null) return refuse(socket, peer, direction, NO_ROUTE, { serverName: name });
    const session = {
      ...{ early, destination, serverName: name, clusters: tables.clusters, reconsider },
      onServerFirst: () => remember(silenceKey(peer, listener)),
      onReply: (chunk: Buffer) => {
        if (isForMesh(listener, peer, chunk)) serverFirst.delete(silenceKey(peer, listener));
      },
      onOpen: (cluster: Cluster, host: Host, relayed: RelayedBytes) =>
        deps.telemetry.tcpOpened(peer, direction, cluster, host, relayed),
      onOver: (record: TcpRecord) => {
        deps.telemetry.tcpClosed(peer, direction, record, name);
        if (record.cluster === BLACK_HOLE_CLUSTER)
          deps.telemetry.blocked({ ...readAskedHost(early), ...destination });
      },
    };
    const relay = () => proxyTcp(socket, route, session, deps);
    if (direction === 'outbound' || route.spec.match.isMeshTls === true) return relay();
    const { clusters, node, security } = tables;
    const asking = { clock: deps.clock, clusters, identity: node.identity ?? '' };
    const cancel = askAboutConnection(security, peer, name, asking, (refusal) => {
      if (refusal === null) relay();
      else refuse(socket, peer, direction, refusal.reason, { flag: refusal.flag, serverName: name });
    });
    if (cancel === null) relay();
    else socket.once('close', cancel);
  };

  const remember = (key: string) => {
    if (serverFirst.size >= MAX_SERVER_FIRST) serverFirst.clear();
    serverFirst.add(key);
  };

  /** Hands the connection on by its first bytes; false = more of them are needed. */
  const dispatch = (
    socket: Socket,
    peer: DownstreamPeer,
    listener: Listener,
    tables: Tables,
    bytes: Buffer,
  ): boolean => {
    // Where all that is no HTTP is closed anyway a method is enough to get HTTP's answer.
    const protocol = detectProtocol(bytes, listener.spec.tcp !== null && !listener.isDeadEnd);
    if (protocol === 'unknown' && !listener.isDeadEnd) return false;
    const wantsName = needsServerName(listener) || listener.isDeadEnd || endsMeshTls(listener, peer);
    if (protocol === 'tls' && wantsName && readServerName(bytes).incomplete) return false;
    if (protocol === 'tls' && isForMesh(listener, peer, bytes)) {
      endMeshTls(socket, peer, listener, bytes);
      return true;
    }
    if (listener.tls !== null && protocol !== 'tls') {
      refuse(socket, peer, listener.spec.direction, 'plain text where TLS is spoken');
      return true;
    }
    const chain = listener.tls?.pick(readServerName(bytes).name) ?? null;
    if (chain !== null) {
      endTls(socket, peer, chain, bytes);
      return true;
    }
    const isHttp = protocol === 'http1' || protocol === 'http2';
    if (isHttp && listener.pipeline !== null) serveHttp(socket, peer, listener, protocol, bytes);
    else if (protocol === 'tcp' && listener.spec.tcp === null && listener.pipeline !== null) {
      // Declared HTTP: the codec says what is wrong with it.
      serveHttp(socket, peer, listener, 'http1', bytes);
    } else serveTcp(socket, peer, listener, tables, bytes);
    return true;
  };

  /** Ends TLS, and serves what comes out of it. */
  const endTls = (socket: Socket, peer: DownstreamPeer, { server, inside }: TlsChain, bytes: Buffer) => {
    const { direction } = inside.spec;
    const isMesh = server === 'mesh';
    const ending = isMesh ? (deps.identity?.server ?? null) : server;
    const serverName = readServerName(bytes).name;
    if (ending === null) return refuse(socket, peer, direction, NO_CERTIFICATE, { serverName });
    // TLS reads by itself, from the client's hello on.
    socket.pause();
    socket.unshift(bytes);
    const onSecure = (secure: TLSSocket) => {
      const tables = deps.tables();
      const secured = isMesh
        ? describeMeshPeer(secure, { ...peer, serverName }, tables?.node)
        : describeSecurePeer(secure, peer, serverName, tables?.node);
      secure.on('error', () => secure.destroy());
      if (tables === null || secured === null || isDraining)
        return refuse(secure, peer, direction, NO_MESH_CERTIFICATE, { serverName });
      if (inside.pipeline === null) serveTcp(secure, secured, inside, tables, null);
      else {
        const protocol = protocolOfAlpn(secure.alpnProtocol) === 'http2' ? 'http2' : 'http1';
        serveHttp(secure, secured, inside, protocol, NOTHING_READ, serverName);
      }
    };
    ending.accept(socket, onSecure, (reason, flag) =>
      refuse(socket, peer, direction, reason, { flag, serverName }),
    );
  };

  /** Ends mutual TLS of the mesh: what is inside has a caller with a name. */
  const endMeshTls = (socket: Socket, peer: DownstreamPeer, listener: Listener, bytes: Buffer) => {
    const { direction } = listener.spec;
    const server = deps.identity?.server ?? null;
    if (server === null) return refuse(socket, peer, direction, 'this proxy has no certificate yet');
    socket.pause();
    socket.unshift(bytes);
    const serverName = readServerName(bytes).name;
    const onSecure = (secure: TLSSocket) => {
      const tables = deps.tables();
      const secured = describeMeshPeer(secure, { ...peer, serverName }, tables?.node);
      secure.on('error', () => secure.destroy());
      if (tables === null || secured === null)
        return refuse(secure, peer, direction, NO_MESH_CERTIFICATE, { serverName });
      serveInside(secure, secured, listener, tables);
    };
    server.accept(socket, onSecure, (reason, flag) =>
      refuse(socket, peer, direction, reason, { flag, serverName }),
    );
  };

  const serveInside = (secure: TLSSocket, peer: DownstreamPeer, listener: Listener, tables: Tables) => {
    const inside = protocolOfAlpn(secure.alpnProtocol);
    if (inside === 'tcp' || listener.pipeline === null) serveTcp(secure, peer, listener, tables, null);
    else if (inside === null) sniff(secure, peer, listener, tables);
    else serveHttp(secure, peer, listener, inside, NOTHING_READ);
  };

  const sniff = (socket: Socket, peer: DownstreamPeer, listener: Listener, tables: Tables) => {
    let bytes: Buffer | null = null;
    let cancelTimer = () => {};
    const { direction } = listener.spec;
    const cancelDeadline =
      listener.tls === null
        ? null
        : deps.clock.after(HANDSHAKE_TIMEOUT_MS, () => {
            stop();
            refuse(socket, peer, direction, 'no client hello in time');
          });
    if (cancelDeadline !== null) socket.once('close', cancelDeadline);
    const stop = () => {
      cancelTimer();
      socket.pause();
      socket.off('data', onData).off('end', onEnd).off('close', stop);
    };
    const onData = (chunk: Buffer) => {
      cancelTimer();
      bytes = bytes === null ? chunk : Buffer.concat([bytes, chunk]);
      stop();
      if (dispatch(socket, peer, listener, tables, bytes)) {
        cancelDeadline?.();
        return;
      }
      if (bytes.length > MAX_SNIFFED_BYTES) serveTcp(socket, peer, listener, tables, bytes);
      else {
        listen();
        limitHead();
      }
    };
    /** A caller that stops within its first word: what it is to be is not known, so it is not told why it is cut. */
    const limitHead = () => {
      const { requestHeadersTimeoutMs = 0 } = tables.node;
      if (requestHeadersTimeoutMs === 0 || listener.pipeline === null) return;
      cancelTimer = deps.clock.after(requestHeadersTimeoutMs, () => socket.destroy());
    };
    const onEnd = () => {
      stop();
      if (bytes === null || listener.spec.tcp === null) socket.end();
      else serveTcp(socket, peer, listener, tables, bytes);
    };
    const listen = () => {
      socket.on('data', onData).on('end', onEnd).on('close', stop);
      socket.resume();
    };
    const onSilence = () => {
      stop();
      serveTcp(socket, peer, listener, tables, null, (chunk) => {
        const protocol = detectProtocol(chunk);
        if (protocol === 'tls' && isForMesh(listener, peer, chunk)) {
          endMeshTls(socket, peer, listener, chunk);
          return true;
        }
        if (listener.pipeline === null || (protocol !== 'http1' && protocol !== 'http2')) return false;
        serveHttp(socket, peer, listener, protocol, chunk);
        return true;
      });
    };
    const { isDeadEnd } = listener;
    const silenceMs = isForbidden(listener, peer)
      ? STRICT_SILENCE_MS
      : tables.node.protocolDetectionTimeoutMs || (isDeadEnd ? DEAD_END_MS : 0);
    const isDetected = listener.spec.protocol === 'auto' || isDeadEnd || endsMeshTls(listener, peer);
    // Where policies refuse plain connections, silence must not make one of a slow caller that may speak HTTP yet.
    const canBeTcp =
      isDetected &&
      listener.tcp !== null &&
      !needsServerName(listener) &&
      refusalOf(listener, peer, tables, '', null) === null;
    const isSilent = serverFirst.has(silenceKey(peer, listener)) && !isForbidden(listener, peer);
    if (canBeTcp && isSilent && !endsMeshTls(listener, peer)) return onSilence();
    listen();
    const patienceMs = isSilent ? KNOWN_SILENCE_MS : silenceMs;
    if (canBeTcp && patienceMs > 0) cancelTimer = deps.clock.after(patienceMs, onSilence);
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
      const { address, port } = peer.originalDestination;
      if (tables === null) return refuse(socket, peer, direction, 'not ready');
      if (direction !== 'gateway' && OWN_PORTS.has(port) && isOwnAddress(tables, address)) {
        return refuse(socket, peer, direction, 'a connection to the proxy itself');
      }
      const listener = tables.listeners.pick(direction, address, port);
      if (listener === null) return refuse(socket, peer, direction, 'no listener');
      const { protocol } = listener.spec;
      const isTold = protocol === 'tcp' || protocol === 'tls';
      if (isTold && !needsServerName(listener) && !listener.isDeadEnd && !endsMeshTls(listener, peer)) {
        serveTcp(socket, peer, listener, tables, null);
      } else sniff(socket, peer, listener, tables);
    },
    drain() {
      isDraining = true;
      connections.drain();
    },
    sweep: (nowMs) => connections.sweep(nowMs),
    get openCount() {
      return sockets.size;
    },
    destroy() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A client hello is one record of at most 16 KiB. */
const MAX_SNIFFED_BYTES = 16 * 1024 + 5;

const NOTHING_READ = Buffer.alloc(0);

const NO_HTTP = 'the bytes are not HTTP';
const TLS_TO_HTTP = 'TLS where plain HTTP is spoken';
const NO_ROUTE = 'no route for that name or address';
const NO_MESH_TLS = 'no TLS of the mesh for that name';
const NO_CERTIFICATE = 'no certificate for that name';
const NO_MESH_CERTIFICATE = 'the caller has no certificate of the mesh';

const needsServerName = ({ tcp, tls }: Listener): boolean => tls !== null || (tcp?.needsServerName ?? false);

/** What policies say of a connection that carries no HTTP; callers are asked where they arrive. */
function refusalOf(
  { spec }: Listener,
  peer: DownstreamPeer,
  tables: Tables,
  name: string,
  watch: PolicyWatch | null,
): string | null {
  return spec.direction === 'outbound' ? null : refuseConnection(tables.security, peer, name, watch);
}

/**
 * Where the server speaks first is a matter of the destination; but behind mutual TLS its callers of the mesh never are
 * silent, so there it is one of the caller.
 */
function silenceKey(
  { remoteAddress, originalDestination: { address, port } }: DownstreamPeer,
  { spec }: Listener,
) {
  return spec.mutualTls === undefined ? `${address}|${port}` : `${remoteAddress}|${port}`;
}

function isOwnAddress({ node }: Tables, address: string): boolean {
  return address.startsWith('127.') || address === '::1' || node.addresses.includes(address);
}

function describePeer(socket: Socket, destination: { address: string; port: number }): DownstreamPeer {
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
