import type { Socket } from 'node:net';
import type { Server, TLSSocket, TlsOptions } from 'node:tls';
import { errorCode } from '../../base/errors.ts';
import type { DownstreamTlsSpec } from '../../model/listener.ts';
import type { TlsMaterial } from '../../model/secret.ts';
import { isAcceptedCertificate } from './certificate-checks.ts';

/** Ends TLS on connections that were accepted elsewhere; opens no port. */
export interface TlsServer {
  /**
   * Takes a paused connection, with what was read of it put back. `onSecure` gets the decrypted one, paused, once the
   * handshake is over and the caller's certificate is good. A failed handshake ends the connection, with TLS's alert.
   */
  accept(socket: Socket, onSecure: (secure: TLSSocket) => void, onFailed: HandshakeFailed): void;
}

/** `DC`: the caller left within it. */
export type HandshakeFailed = (reason: string, flag: 'DPE' | 'DC') => void;

/** Envoy's `transport_socket_connect_timeout`, as Istio sets it. */
export const HANDSHAKE_TIMEOUT_MS = 15_000;

interface Waiting {
  readonly onSecure: (secure: TLSSocket) => void;
  readonly onFailed: HandshakeFailed;
}

/**
 * Makes the context once; a handshake then costs no parsing.
 * @throws Error for certificates, keys and ciphers that OpenSSL does not take
 */
export function createTlsServer(spec: DownstreamTlsSpec, material: TlsMaterial): TlsServer {
  // Loaded by the first server that needs it: it would cost every idle agent 2 MB.
  const tls = process.getBuiltinModule('node:tls');
  const server: Server = tls.createServer(serverOptions(spec, material));
  const waiting = new WeakMap<Socket, Waiting>();
  const take = (socket: Socket): Waiting | undefined => {
    const entry = waiting.get(socket);
    waiting.delete(socket);
    return entry;
  };
  server.on('secureConnection', (secure: TLSSocket) => {
    const entry = take(carrierOf(secure));
    secure.allowHalfOpen = true;
    if (entry !== undefined && isAcceptedCertificate(spec, secure)) entry.onSecure(secure);
    else {
      secure.destroy();
      entry?.onFailed(describeCertificate(secure), 'DPE');
    }
  });
  server.on('tlsClientError', (error: Error, secure: TLSSocket) => {
    const isRefused = hasFault(secure);
    const reason = isRefused ? describeCertificate(secure) : describeHandshakeError(error);
    take(carrierOf(secure))?.onFailed(reason, errorCode(error) === 'ECONNRESET' && !isRefused ? 'DC' : 'DPE');
  });
  return {
    accept(socket, onSecure, onFailed) {
      // A caller that ends its side within the handshake has gone; TLS takes this over from the socket.
      socket.allowHalfOpen = false;
      waiting.set(socket, { onSecure, onFailed });
      socket.once('close', () => {
        // TLS itself knows better why, but is told of the close after this.
        if (waiting.has(socket)) setImmediate(() => take(socket)?.onFailed(LEFT, 'DC'));
      });
      server.emit('connection', socket);
    },
  };
}

/**
 * The connection that TLS is spoken on, also when both are closed and know no address any more. Node's documentation does
 * not have it; our Node is pinned, and every test of a handshake would tell.
 */
const carrierOf = (secure: TLSSocket) => (secure as TLSSocket & { readonly _parent: Socket })._parent;

const LEFT = 'the caller left within the handshake';

/** OpenSSL's own words where it has some: Node puts addresses and files of its sources around them. */
function describeHandshakeError(error: Error & { readonly reason?: string }): string {
  switch (errorCode(error)) {
    case 'ECONNRESET':
      return LEFT;
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return 'no TLS handshake in time';
    default:
      return `TLS handshake failed: ${error.reason ?? error.message}`;
  }
}

const hasFault = ({ authorizationError }: TLSSocket) => typeof authorizationError === 'string';

/** @see isAcceptedCertificate for what OpenSSL does not check */
function describeCertificate(secure: TLSSocket): string {
  const fault = hasFault(secure) ? String(secure.authorizationError) : 'not one of those that are accepted';
  return `the caller's certificate is refused: ${fault}`;
}

function serverOptions(spec: DownstreamTlsSpec, { pairs, trust, revoked }: TlsMaterial): TlsOptions {
  const { mode, alpn, minVersion, maxVersion, cipherSuites, curves, skipVerify } = spec;
  return {
    cert: pairs.map(({ certificate }) => certificate),
    key: pairs.map(({ privateKey }) => privateKey.reveal()),
    ...(trust !== '' && { ca: trust }),
    ...(revoked !== '' && { crl: revoked }),
    requestCert: mode !== 'simple',
    // What is optional is looked at when the handshake is over: OpenSSL knows only all or nothing.
    rejectUnauthorized: mode === 'mutual' && !skipVerify,
    minVersion,
    maxVersion,
    ciphers: [...TLS13_CIPHERS, ...(cipherSuites.length > 0 ? cipherSuites : [defaultCiphers()])].join(':'),
    ...(curves.length > 0 && { ecdhCurve: curves.join(':') }),
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    pauseOnConnect: true,
  };
}

const defaultCiphers = () => process.getBuiltinModule('node:tls').DEFAULT_CIPHERS;

/**
 * Istio's list is of TLS 1.2 and below; those of 1.3 cannot be chosen (Envoy's `cipher_suites`). In BoringSSL's order, which
 * is that of their cost: OpenSSL's own begins with AES-256.
 */
const TLS13_CIPHERS = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];
