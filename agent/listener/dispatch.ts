import { readServerName } from '../tcp/server-name.ts';
import type { Arrival } from './arrival.ts';
import { detectProtocol } from './detect.ts';
import { endMeshTls, endTls } from './end-tls.ts';
import type { Listener } from './listener-table.ts';
import { endsMeshTls, isForMesh } from './mesh-peer.ts';
import { serveHttp } from './serve-http.ts';
import { serveTcp } from './serve-tcp.ts';
import type { Serving } from './serving.ts';

const PLAIN_TO_TLS = 'plain text where TLS is spoken';

/**
 * Hands a connection on by its first bytes; false = more of them are needed.
 * @param sniff takes what comes out of mutual TLS where the caller did not say what it speaks
 */
export function dispatch(
  serving: Serving,
  arrival: Arrival,
  bytes: Buffer,
  sniff: (inside: Arrival) => void,
): boolean {
  const { socket, peer, listener } = arrival;
  // Where all that is no HTTP is closed anyway a method is enough to get HTTP's answer.
  const protocol = detectProtocol(bytes, listener.spec.tcp !== null && !listener.isDeadEnd);
  if (protocol === 'unknown' && !listener.isDeadEnd) return false;
  const wantsName = needsServerName(listener) || listener.isDeadEnd || endsMeshTls(listener, peer);
  if (protocol === 'tls' && wantsName && readServerName(bytes).incomplete) return false;
  if (protocol === 'tls' && isForMesh(listener, peer, bytes)) {
    endMeshTls(serving, arrival, bytes, sniff);
    return true;
  }
  if (listener.tls !== null && protocol !== 'tls') {
    serving.refusals.refuse(socket, peer, listener.spec.direction, PLAIN_TO_TLS);
    return true;
  }
  const chain = listener.tls?.pick(readServerName(bytes).name) ?? null;
  const isHttp = protocol === 'http1' || protocol === 'http2';
  // Declared HTTP: the codec says what is wrong with it.
  const isBrokenHttp = protocol === 'tcp' && listener.spec.tcp === null;
  if (chain !== null) endTls(serving, arrival, chain, bytes);
  else if (listener.pipeline !== null && (isHttp || isBrokenHttp))
    serveHttp(serving, arrival, protocol === 'http2' ? 'http2' : 'http1', bytes);
  else serveTcp(serving, arrival, bytes);
  return true;
}

export const needsServerName = ({ tcp, tls }: Listener): boolean =>
  tls !== null || (tcp?.needsServerName ?? false);
