import { BLACK_HOLE_CLUSTER } from '../../model/names.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { askAboutConnection } from '../filters/external-connections.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';
import { refuseConnection } from '../filters/security.ts';
import { readServerName } from '../tcp/server-name.ts';
import { proxyTcp, type RelayedBytes, type TcpRecord, type TcpSession } from '../tcp/tcp-proxy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import type { Arrival } from './arrival.ts';
import { readAskedHost } from './asked-host.ts';
import type { Listener } from './listener-table.ts';
import { isForbidden, isForMesh, isMeshHello } from './mesh-peer.ts';
import type { Serving } from './serving.ts';
import type { Tables } from './tables.ts';

/** The first byte of a TLS record that carries a handshake (RFC 8446 §5.1). */
const TLS_HANDSHAKE = 0x16;
const NO_HTTP = 'the bytes are not HTTP';
const TLS_TO_HTTP = 'TLS where plain HTTP is spoken';
const NO_ROUTE = 'no route for that name or address';
const NO_MESH_TLS = 'no TLS of the mesh for that name';

/**
 * Passes a connection on byte by byte, where policies and a service of the user's let it.
 * @param early what was read of it; null = nothing
 * @param reconsider sees a silent caller's first bytes: true = it has taken the connection over
 */
export function serveTcp(
  serving: Serving,
  arrival: Arrival,
  early: Buffer | null,
  reconsider: ((chunk: Buffer) => boolean) | null = null,
): void {
  const { socket, peer, listener, tables } = arrival;
  const { refusals } = serving;
  if (isForbidden(listener, peer)) {
    refusals.refusePlaintext(socket, peer, listener);
    return;
  }
  const serverName = early === null ? '' : readServerName(early).name;
  const refuse = (reason: string, flag: TcpRecord['flag'] = 'NR') =>
    refusals.refuse(socket, peer, listener.spec.direction, reason, { flag, serverName });
  const route = listener.tcp?.match(serverName, peer.originalDestination.address) ?? null;
  const isMeshRoute = route?.spec.match.isMeshTls === true;
  // Unopened it is not this proxy's to judge (Istio's `builtAutoPassthroughFilterChains` leaves policies out).
  const isJudged = listener.tcp !== null && !isMeshRoute;
  const denial = isJudged ? refusalOf(listener, peer, tables, serverName, serving.watch) : null;
  if (listener.tcp === null) refuse(early?.[0] === TLS_HANDSHAKE ? TLS_TO_HTTP : NO_HTTP);
  else if (isMeshRoute && !isMeshHello(early)) refuse(NO_MESH_TLS);
  else if (denial !== null) refuse(denial, '');
  else if (route === null) refuse(NO_ROUTE);
  else {
    const session = describeSession(serving, arrival, serverName, early, reconsider);
    const relay = () => proxyTcp(socket, route, session, serving);
    if (listener.spec.direction === 'outbound' || isMeshRoute) relay();
    else askFirst(serving, arrival, serverName, relay, refuse);
  }
}

function describeSession(
  { telemetry, silent }: Serving,
  { peer, listener, tables }: Arrival,
  serverName: string,
  early: Buffer | null,
  reconsider: ((chunk: Buffer) => boolean) | null,
): TcpSession {
  const { direction } = listener.spec;
  const { originalDestination: destination } = peer;
  return {
    ...{ early, destination, peer, serverName, clusters: tables.clusters, reconsider },
    onServerFirst: () => silent.add(peer, listener),
    onReply: (chunk: Buffer) => {
      if (isForMesh(listener, peer, chunk)) silent.delete(peer, listener);
    },
    onOpen: (cluster: Cluster, host: Host, relayed: RelayedBytes) =>
      telemetry.tcpOpened(peer, direction, cluster, host, relayed),
    onOver: (record: TcpRecord) => {
      telemetry.tcpClosed(peer, direction, record, serverName);
      if (record.cluster === BLACK_HOLE_CLUSTER)
        telemetry.blocked({ ...readAskedHost(early), ...destination });
    },
  };
}

/** A service of the user's may have to be asked (AuthorizationPolicy's CUSTOM over gRPC). */
function askFirst(
  { clock }: Serving,
  { socket, peer, tables }: Arrival,
  serverName: string,
  relay: () => void,
  refuse: (reason: string, flag: TcpRecord['flag']) => void,
): void {
  const { clusters, node, security } = tables;
  const asking = { clock, clusters, identity: node.identity ?? '' };
  const cancel = askAboutConnection(security, peer, serverName, asking, (refusal) => {
    if (refusal === null) relay();
    else refuse(refusal.reason, refusal.flag);
  });
  if (cancel === null) relay();
  else socket.once('close', cancel);
}

/** What policies say of a connection that carries no HTTP; callers are asked where they arrive. */
export function refusalOf(
  { spec }: Listener,
  peer: DownstreamPeer,
  tables: Tables,
  serverName: string,
  watch: PolicyWatch | null,
): string | null {
  return spec.direction === 'outbound' ? null : refuseConnection(tables.security, peer, serverName, watch);
}
