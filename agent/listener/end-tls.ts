import type { TLSSocket } from 'node:tls';
import { protocolOfAlpn } from '../identity/mesh-tls.ts';
import { readServerName } from '../tcp/server-name.ts';
import { describeSecurePeer } from '../tls/forwarded-certificate.ts';
import type { Arrival } from './arrival.ts';
import type { TlsChain } from './listener-table.ts';
import { describeMeshPeer } from './mesh-peer.ts';
import { serveHttp } from './serve-http.ts';
import { serveTcp } from './serve-tcp.ts';
import type { Serving } from './serving.ts';

const NO_CERTIFICATE = 'no certificate for that name';
const NO_OWN_CERTIFICATE = 'this proxy has no certificate yet';
const NO_MESH_CERTIFICATE = 'the caller has no certificate of the mesh';

/** Ends TLS, and serves what comes out of it. */
export function endTls(
  serving: Serving,
  arrival: Arrival,
  { server, inside }: TlsChain,
  hello: Buffer,
): void {
  const { socket, peer } = arrival;
  const { refusals } = serving;
  const { direction } = inside.spec;
  const isMesh = server === 'mesh';
  const ending = isMesh ? (serving.identity?.server ?? null) : server;
  const serverName = readServerName(hello).name;
  if (ending === null) {
    refusals.refuse(socket, peer, direction, NO_CERTIFICATE, { serverName });
    return;
  }
  giveBack(arrival, hello);
  const onSecure = (secure: TLSSocket) => {
    const tables = serving.tables();
    const secured = isMesh
      ? describeMeshPeer(secure, { ...peer, serverName }, tables?.node)
      : describeSecurePeer(secure, peer, serverName, tables?.node);
    secure.on('error', () => secure.destroy());
    if (tables === null || secured === null || serving.isDraining())
      return refusals.refuse(secure, peer, direction, NO_MESH_CERTIFICATE, { serverName });
    const opened = { socket: secure, peer: secured, listener: inside, tables, serverName };
    if (inside.pipeline === null) serveTcp(serving, opened, null);
    else
      serveHttp(serving, opened, protocolOfAlpn(secure.alpnProtocol) === 'http2' ? 'http2' : 'http1', null);
  };
  ending.accept(socket, onSecure, (reason, flag) =>
    refusals.refuse(socket, peer, direction, reason, { flag, serverName }),
  );
}

/**
 * Ends mutual TLS of the mesh: what is inside has a caller with a name.
 * @param sniff takes what is inside where the caller did not say what it speaks
 */
export function endMeshTls(
  serving: Serving,
  arrival: Arrival,
  hello: Buffer,
  sniff: (inside: Arrival) => void,
): void {
  const { socket, peer, listener } = arrival;
  const { refusals } = serving;
  const { direction } = listener.spec;
  const server = serving.identity?.server ?? null;
  if (server === null) {
    refusals.refuse(socket, peer, direction, NO_OWN_CERTIFICATE);
    return;
  }
  giveBack(arrival, hello);
  const serverName = readServerName(hello).name;
  const onSecure = (secure: TLSSocket) => {
    const tables = serving.tables();
    const secured = describeMeshPeer(secure, { ...peer, serverName }, tables?.node);
    secure.on('error', () => secure.destroy());
    if (tables === null || secured === null)
      return refusals.refuse(secure, peer, direction, NO_MESH_CERTIFICATE, { serverName });
    const inside = { socket: secure, peer: secured, listener, tables };
    const protocol = protocolOfAlpn(secure.alpnProtocol);
    if (protocol === 'tcp' || listener.pipeline === null) serveTcp(serving, inside, null);
    else if (protocol === null) sniff(inside);
    else serveHttp(serving, inside, protocol, null);
  };
  server.accept(socket, onSecure, (reason, flag) =>
    refusals.refuse(socket, peer, direction, reason, { flag, serverName }),
  );
}

/** TLS reads by itself, from the client's hello on. */
function giveBack({ socket }: Arrival, hello: Buffer): void {
  socket.pause();
  socket.unshift(hello);
}
