import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import { encodeProxyHeader } from '../codec/proxy-protocol.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { proxiedConnection } from '../http/proxied-pools.ts';
import { addressOf } from '../http/socket-address.ts';
import { describeConnectError, NO_TLS_THERE, openEvent, openSocket } from '../http/upstream-socket.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import { withMeshAlpn } from '../identity/mesh-tls.ts';
import { hashText } from '../policy/balancer/hash.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { specForHost } from '../upstream/spec-for-host.ts';
import { waitForFirstWord } from './first-word.ts';
import { openTunnel } from './open-tunnel.ts';
import { type Relay, relay } from './relay.ts';
import type { TcpRoute } from './tcp-route.ts';

/**
 * Hosts that are tried before the caller's connection is closed. Envoy's max_connect_attempts is 1, and Istio leaves it;
 * but a container of Compose goes without notice, and nothing has been said to a host that could not be reached.
 */
const MAX_HOSTS = 3;

/** One finished TCP connection, for metrics and the access log. */
export interface TcpRecord {
  readonly cluster: string;
  readonly host: Host | null;
  /** `address:port` of this proxy's end towards the host; absent = there was none. */
  readonly localAddress?: string;
  /** Envoy's response flag; '' = none. Beside Envoy's use, DPE is a failed handshake of TLS, DC one that was left. */
  readonly flag: '' | 'NR' | 'NC' | 'UH' | 'UF,URX' | 'UO' | 'DPE' | 'DC' | 'DF' | 'UAEX';
  readonly reason: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly durationMs: number;
}

/** Of a connection that goes on. */
export type RelayedBytes = Pick<Relay, 'sentBytes' | 'receivedBytes'>;

type Passed = Pick<TcpRecord, 'sentBytes' | 'receivedBytes' | 'localAddress'>;
const NOTHING_PASSED: Passed = { sentBytes: 0, receivedBytes: 0 };

export interface TcpProxyDeps {
  readonly clock: Clock;
  readonly random: Random;
  /** Needed where a cluster speaks mutual TLS of the mesh. */
  readonly identity?: MeshIdentity | undefined;
  /** What the connection to the host begins with; absent = nothing. */
  readonly preface?: Buffer;
}

export interface TcpSession {
  /** Bytes that were read before the route was known; they go to the host first. */
  readonly early: Buffer | null;
  readonly destination: { readonly address: string; readonly port: number };
  /** Who called. */
  readonly peer: DownstreamPeer;
  /** Of the client's hello; '' = none, or not looked at. */
  readonly serverName: string;
  readonly clusters: ReadonlyMap<string, Cluster>;
  /**
   * Set where silence alone made this connection TCP: the caller's first bytes, if the host has not spoken before them,
   * are shown to it; true = it takes the caller over, and the connection to the host is dropped.
   */
  readonly reconsider: ((chunk: Buffer) => boolean) | null;
  /** The host spoke before the caller did. */
  onServerFirst(): void;
  /** The caller's first bytes behind that. */
  onReply(chunk: Buffer): void;
  onOpen(cluster: Cluster, host: Host, relayed: RelayedBytes): void;
  onOver(record: TcpRecord): void;
}

/** Envoy's tcp_proxy: one host for a connection, bytes passed untouched. The caller's socket is closed on any failure. */
export function proxyTcp(caller: Socket, route: TcpRoute, session: TcpSession, deps: TcpProxyDeps): void {
  const startedAt = deps.clock.now();
  const over = (
    cluster: string,
    host: Host | null,
    flag: TcpRecord['flag'],
    reason: string,
    { sentBytes, receivedBytes, localAddress = '' }: Passed = NOTHING_PASSED,
  ) => {
    const durationMs = deps.clock.now() - startedAt;
    session.onOver({ cluster, host, flag, reason, sentBytes, receivedBytes, localAddress, durationMs });
  };
  const refuse = (cluster: string, host: Host | null, flag: TcpRecord['flag'], reason: string) => {
    caller.destroy();
    over(cluster, host, flag, reason);
  };
  const name = route.pick(deps.random);
  const openTo = (cluster: Cluster) => {
    const host = pickHost(cluster, caller, session, deps);
    if (host === null) {
      if (cluster.isByName) refuse(name, null, 'DF', 'dns resolution failure');
      else {
        cluster.counters.upstream_cx_none_healthy += 1;
        refuse(name, null, 'UH', 'no healthy upstream');
      }
      return;
    }
    if (cluster.usage.connections >= cluster.spec.circuitBreaker.maxConnections) {
      cluster.counters.upstream_cx_overflow += 1;
      refuse(name, host, 'UO', 'too many connections');
      return;
    }
    const preface = prefaceOf(cluster, session);
    connectToAny(
      cluster,
      host,
      { ...deps, ...(preface !== null && { preface }) },
      [],
      (socket, host, error) => {
        if (socket === null) {
          refuse(name, host, 'UF,URX', describeConnectError(error));
          return;
        }
        if (caller.destroyed) {
          socket.destroy();
          over(name, host, '', 'caller left');
          return;
        }
        const start = (toHost: Buffer | null, toCaller: Buffer | null) => {
          host.active += 1;
          if (toHost !== null && toHost.length > 0) socket.write(toHost);
          if (toCaller !== null) caller.write(toCaller);
          const localAddress = addressOf(socket);
          const { idleTimeoutMs } = route.spec;
          const limits = { idleTimeoutMs, maxConnectionMs: cluster.spec.connections.maxConnectionMs };
          const relayed = relay(caller, socket, deps.clock, limits, (end) => {
            host.active -= 1;
            host.relays.delete(relayed);
            over(name, host, '', end.reason, {
              sentBytes: end.sentBytes + (toHost?.length ?? 0),
              receivedBytes: end.receivedBytes + (toCaller?.length ?? 0),
              localAddress,
            });
          });
          host.relays.add(relayed);
          session.onOpen(cluster, host, relayed);
        };
        const { reconsider } = session;
        const { tunnel } = route.spec;
        if (tunnel !== undefined) {
          const limits = { clock: deps.clock, limitMs: cluster.spec.connectTimeoutMs };
          openTunnel(socket, tunnel, limits, (why) => {
            if (why === '' && !caller.destroyed) {
              start(session.early, null);
              return;
            }
            socket.destroy();
            if (caller.destroyed) over(name, host, '', 'caller left');
            else refuse(name, host, 'UF,URX', why);
          });
          return;
        }
        if (reconsider === null) {
          start(session.early, null);
          return;
        }
        socket.on('error', () => socket.destroy());
        waitForFirstWord(caller, socket, (speaker, chunk) => {
          if (speaker === 'host') {
            if (chunk !== null) {
              session.onServerFirst();
              caller.once('data', session.onReply);
            }
            start(null, chunk);
          } else if (chunk !== null && reconsider(chunk)) socket.destroy();
          else start(chunk, null);
        });
      },
    );
  };
  const cluster = session.clusters.get(name);
  if (cluster === undefined) {
    refuse(name, null, 'NC', 'cluster not found');
    return;
  }
  const named = askedName(cluster, session);
  if (!cluster.isByName || !cluster.needsLookUp(named)) openTo(cluster);
  else
    cluster.lookUp(named, () => {
      if (caller.destroyed) over(name, null, '', 'caller left');
      else openTo(cluster);
    });
}

/** The client's hello names the host, and the listener the port (Envoy's `sni_dynamic_forward_proxy`). */
function askedName({ spec }: Cluster, { serverName }: TcpSession): string {
  return spec.discovery.kind === 'requested-name' ? `${serverName}:${spec.discovery.port}` : '';
}

function pickHost(
  cluster: Cluster,
  caller: Socket,
  session: TcpSession,
  { clock }: TcpProxyDeps,
): Host | null {
  if (cluster.spec.discovery.kind === 'original-destination') {
    return cluster.originalHost(session.destination.address, session.destination.port, clock.now());
  }
  if (cluster.isByName) return cluster.hostByName(askedName(cluster, session), clock.now());
  const { hashesSourceIp } = cluster.spec.loadBalancer;
  return cluster.pick(hashesSourceIp ? hashText(caller.remoteAddress ?? '') : null);
}

/** `proxyProtocol`: the host is told who called. */
function prefaceOf({ spec }: Cluster, { peer }: TcpSession): Buffer | null {
  return spec.proxyProtocol === undefined
    ? null
    : encodeProxyHeader(spec.proxyProtocol, proxiedConnection(peer));
}

/** Another host is tried where one cannot be reached, each once. */
function connectToAny(
  cluster: Cluster,
  host: Host,
  deps: TcpProxyDeps,
  failed: readonly Host[],
  onDone: (socket: Socket | null, host: Host, error: Error) => void,
): void {
  connectTo(cluster, host, deps, (socket, error) => {
    const tried = [...failed, host];
    const isOver = socket !== null || tried.length >= MAX_HOSTS;
    const next = isOver
      ? null
      : (nextHost(cluster, tried) ?? (isMistaken(cluster, tried, error) ? host : null));
    if (next === null) onDone(socket, host, error);
    else connectToAny(cluster, next, deps, tried, onDone);
  });
}

/** null = there is no other one, or it matters which one it is. */
function nextHost(cluster: Cluster, tried: readonly Host[]): Host | null {
  const { discovery, circuitBreaker } = cluster.spec;
  const isChosen = discovery.kind !== 'original-destination' && !cluster.isByName && !cluster.isHashing;
  if (!isChosen || cluster.usage.connections >= circuitBreaker.maxConnections) return null;
  const host = cluster.pickAgain(tried, SELECTION_ATTEMPTS, null, []);
  return host === null || tried.includes(host) ? null : host;
}

/** The host's proxy took this one for a caller without TLS, since it was slow or had no proxy before; it knows now. */
function isMistaken({ spec }: Cluster, tried: readonly Host[], error: Error): boolean {
  return spec.autoTls !== undefined && tried.length === 1 && describeConnectError(error) === NO_TLS_THERE;
}

/** As for HTTP's retries: `host_selection_retry_max_attempts` as Istio sets it. */
const SELECTION_ATTEMPTS = 5;

function connectTo(
  cluster: Cluster,
  host: Host,
  deps: TcpProxyDeps,
  onDone: (socket: Socket | null, error: Error) => void,
): void {
  const { clock } = deps;
  const spec = overTcp(specForHost(cluster.spec, host.spec));
  const socket = openSocket(spec, host.address, host.port, deps.identity, deps.preface);
  cluster.usage.connections += 1;
  cluster.counters.upstream_cx_total += 1;
  socket.once('close', () => {
    cluster.usage.connections -= 1;
  });
  const cancelTimer = clock.after(cluster.spec.connectTimeoutMs, () => {
    socket.destroy(new Error(CONNECT_TIMEOUT));
  });
  const onError = (error: Error) => {
    cancelTimer();
    cluster.counters.upstream_cx_connect_fail += 1;
    cluster.reportFailure(host, error.message === CONNECT_TIMEOUT);
    onDone(null, error);
  };
  socket.once('error', onError);
  socket.once(openEvent(spec), () => {
    cancelTimer();
    socket.off('error', onError);
    cluster.reportConnected(host, true);
    onDone(socket, NO_ERROR);
  });
}

function overTcp(spec: ClusterSpec): ClusterSpec {
  return spec.tls === null ? spec : { ...spec, tls: withMeshAlpn(spec.tls, 'tcp') };
}

const NO_ERROR = new Error('none');
const CONNECT_TIMEOUT = 'connection timeout';
