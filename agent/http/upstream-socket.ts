import { connect, isIP, type NetConnectOpts, Socket } from 'node:net';
import type { PeerCertificate, SecureContext, TLSSocket } from 'node:tls';
import { errorCode, errorMessage } from '../../base/errors.ts';
import type { ClusterSpec, UpstreamTlsSpec } from '../../model/cluster.ts';
import { type MeshIdentity, readSpiffeId } from '../identity/identity.ts';
import { MESH_TLS } from '../identity/mesh-tls.ts';
import { clientContext } from '../tls/client-context.ts';
import { findSession, keepSessions } from '../tls/client-sessions.ts';

/** A connection to a host as the cluster's settings want it; {@link openEvent} tells when it can be used. */
export function openSocket(
  spec: ClusterSpec,
  address: string,
  port: number,
  identity: MeshIdentity | undefined,
  /** Sent before anything else, TLS too. */
  preface?: Buffer,
): Socket {
  const { discovery, connections, tls } = spec;
  const source = discovery.kind === 'original-destination' ? discovery.sourceAddress : '';
  const options = {
    // A path is a socket of this machine: the mesh's own services are reached by one.
    ...(address.startsWith('/') ? { path: address } : { host: address, port }),
    noDelay: true,
    allowHalfOpen: true,
    ...(source === '' || address.includes(':') ? {} : { localAddress: source }),
  };
  const secure = (over: object) =>
    tls === null ? null : connectTls(over, `${address} ${port} ${tls.sni}`, tls, identity);
  const socket =
    preface === undefined ? (secure(options) ?? connect(options)) : openWithPreface(options, preface, secure);
  setKeepAlive(socket, connections.tcpKeepalive);
  return socket;
}

/** TLS, if any, over a connection that has said something already. */
function openWithPreface(
  options: NetConnectOpts,
  preface: Buffer,
  secure: (over: object) => Socket | null,
): Socket {
  const plain = connect(options);
  plain.write(preface);
  const outer = secure({ socket: plain });
  if (outer === null) return plain;
  // A failure to connect is told by both, and twice by the second.
  for (const socket of [plain, outer]) socket.on('error', () => {});
  return outer;
}

export function openEvent({ tls }: ClusterSpec): 'connect' | 'secureConnect' {
  return tls === null ? 'connect' : 'secureConnect';
}

function setKeepAlive(socket: Socket, keepAlive: ClusterSpec['connections']['tcpKeepalive']): void {
  if (keepAlive === null) return;
  const { timeMs, intervalMs, probes } = keepAlive;
  socket.setKeepAlive(
    true,
    timeMs || KEEPALIVE.timeMs,
    intervalMs || KEEPALIVE.intervalMs,
    probes || KEEPALIVE.probes,
  );
}

/** Linux's own values, for what is not said: the three can only be set together. */
const KEEPALIVE = { timeMs: 7_200_000, intervalMs: 75_000, probes: 9 };

/** Against the given or the system's roots; the name is checked where one is known, as Istio configures Envoy. */
function connectTls(
  options: object,
  host: string,
  spec: UpstreamTlsSpec,
  identity: MeshIdentity | undefined,
): Socket {
  const { mode, sni, alpn, subjectAltNames, skipVerify } = spec;
  const isMesh = mode === 'istio-mutual';
  const material = isMesh ? (identity?.held?.material ?? NO_CERTIFICATE) : spec.material;
  // Loaded by the first connection that needs it: it would cost every idle agent 2 MB.
  const tls = process.getBuiltinModule('node:tls');
  let secureContext: SecureContext | undefined;
  try {
    if (material !== undefined) secureContext = clientContext(material, isMesh ? MESH_TLS.curves : []);
  } catch {
    return failingSocket(SECRET_NOT_THERE);
  }
  const context = isMesh ? secureContext : undefined;
  const session = context === undefined ? undefined : findSession(context, host, subjectAltNames);
  const socket = tls.connect({
    ...options,
    ...(secureContext !== undefined && { secureContext }),
    ...(session !== undefined && { session }),
    ...(sni === '' || isIP(sni) !== 0 ? {} : { servername: sni }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    rejectUnauthorized: !skipVerify,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => {
      if (isMesh) return checkMeshIdentity(certificate, subjectAltNames);
      const names = subjectAltNames.length > 0 ? subjectAltNames : sni === '' ? [] : [sni];
      const errors = names.map((name) => tls.checkServerIdentity(name, certificate));
      return errors.includes(undefined) ? undefined : errors[0];
    },
  });
  if (context !== undefined) keepSessions(socket, context, host, meshIdentityOf);
  return socket;
}

function meshIdentityOf(socket: TLSSocket): string {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? '' : readSpiffeId(certificate);
}

const NO_CERTIFICATE = { missing: 'this proxy has no certificate of the mesh yet' };

/**
 * The service that was meant must answer, whoever has its address now: Docker gives a freed address to the next
 * container.
 */
function checkMeshIdentity(
  { subjectaltname }: PeerCertificate,
  accepted: readonly string[],
): Error | undefined {
  const spiffeId = readSpiffeId({ subjectAltName: subjectaltname });
  if (accepted.includes(spiffeId)) return undefined;
  const error = new Error(`the host is ${spiffeId || 'nobody of the mesh'}`);
  return Object.assign(error, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
}

function failingSocket(reason: string): Socket {
  const socket = new Socket();
  process.nextTick(() => socket.destroy(new Error(reason)));
  return socket;
}

/** Envoy's words for a cluster whose secret it does not have, or could not use. */
const SECRET_NOT_THERE = 'TLS error: Secret is not supplied by SDS';

/** In Envoy's words, which end up in `response_code_details`. */
export function describeConnectError(error: Error): string {
  const code = errorCode(error);
  switch (code) {
    case 'ECONNREFUSED':
      return 'delayed connect error: Connection refused';
    case 'ENETUNREACH':
      return 'delayed connect error: Network is unreachable';
    case 'EHOSTUNREACH':
      return 'delayed connect error: No route to host';
    case 'ETIMEDOUT':
      return 'connection timeout';
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
      return NO_TLS_THERE;
    default:
      return isCertificateFault(code) ? CERTIFICATE_REFUSED : errorMessage(error);
  }
}

/** The host answered in plain text (the number is BoringSSL's). */
export const NO_TLS_THERE =
  'TLS_error:|268435703:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end';
const CERTIFICATE_REFUSED =
  'TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end';

/** Node's words for what X.509 verification found (`X509_verify_cert_error`), and for a name that does not fit. */
function isCertificateFault(code: string): boolean {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|SELF_SIGNED|UNABLE_TO_|CRL_/.test(code);
}
