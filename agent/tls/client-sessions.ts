import type { SecureContext, TLSSocket } from 'node:tls';

/**
 * Sessions that proxies of the mesh let this one take up again: a connection more then costs neither side a signature
 * (Envoy's `max_session_keys`, which is 1 by default). They end with the context, so that another certificate or other
 * authorities on this side begin anew; a host with another certificate does not know the keys of its old tickets.
 */
interface Resumable {
  readonly session: Buffer;
  /** Whom the host proved to be when the session was made. */
  readonly identity: string;
}

/** By host and server name. */
const sessions = new WeakMap<SecureContext, Map<string, Resumable>>();
const MAX_HOSTS = 256;

/**
 * What to offer the host; undefined = nothing is known, or of somebody who may not answer (any more). Whoever takes it
 * up holds the keys of the one that proved that identity.
 */
export function findSession(
  context: SecureContext,
  host: string,
  accepted: readonly string[],
): Buffer | undefined {
  const known = sessions.get(context)?.get(host);
  return known !== undefined && accepted.includes(known.identity) ? known.session : undefined;
}

/** Keeps the newest session of a connection whose host was found to be who it should be. */
export function keepSessions(
  socket: TLSSocket,
  context: SecureContext,
  host: string,
  identityOf: (socket: TLSSocket) => string,
): void {
  socket.on('session', (session: Buffer) => {
    if (!socket.authorized || socket.destroyed) return;
    const ofContext = sessions.get(context) ?? new Map<string, Resumable>();
    if (ofContext.size >= MAX_HOSTS && !ofContext.has(host)) ofContext.clear();
    sessions.set(context, ofContext.set(host, { session, identity: identityOf(socket) }));
  });
}
