import type { ResourceKind, ResourceTypes } from './snapshot.ts';

/**
 * The push protocol: HTTP/1.1 over a Unix socket, newline-delimited JSON.
 *
 * `POST /v1/challenge` with a {@link Claim} is answered with a {@link Challenge}; 403 = that container is no proxy, 503 =
 * it is not known (yet). The proxy writes the challenge's proof (model/proof.ts) to its standard error.
 * `POST /v1/session` with `authorization: Bearer CHALLENGE` gives a {@link Session} where Docker shows the proof in that
 * container's log, else 403; a challenge is worth one try. Everything else sends `authorization: Bearer SESSION`; 403 =
 * not (any longer) known.
 * `POST /v1/config` with a {@link Hello} opens the stream; the answer never ends and carries {@link ControllerMessage}s.
 * `POST /v1/ack` carries one {@link Ack}, answered 204.
 * `POST /v1/certificates` carries a certificate request and is answered with a certificate (model/identity.ts); 403 =
 * the request is not signed with its own key, or asks for another identity.
 * `POST /v1/open-ports` carries an {@link OpenPorts} after each start of the stream and each change, answered 204.
 * `POST /v1/traffic` carries a TrafficReport (model/traffic.ts), about once a second where there is something to tell,
 * answered 204; 400 = it is none. What is not taken is not told again.
 * `POST /v1/observations` carries requests that were seen (model/observation.ts) in a mesh of tests, answered 204.
 * `POST /v1/flushed` answers a {@link Flush}, after all of these.
 * `POST /v1/unknown-key` says that a token came with a key that the snapshot lacks, answered 204.
 * A push is applied whole or refused whole. At most one is outstanding per proxy.
 */

/** The container that a proxy says it is in: its id, 12 or more digits of it, or its name. */
export interface Claim {
  readonly container: string;
}

export interface Challenge {
  readonly challenge: string;
}

/** Kept by the agent on its tmpfs, so that a crash of its process needs no new one. */
export interface Session {
  readonly session: string;
}

/** What the agent holds when it connects; a fresh agent sends version '' and no hashes. */
export interface Hello {
  readonly protocol: typeof PUSH_PROTOCOL;
  readonly version: string;
  /** `kind/name` → hash, so that a reconnect moves only what changed. */
  readonly hashes: Readonly<Record<string, string>>;
  /** Version of the agent's program. */
  readonly agent: string;
  /** PEM of the certificate that it holds, for `proxy-config secret`. */
  readonly certificate?: string;
}

export const PUSH_PROTOCOL = 1;

export type ControllerMessage = Push | Flush | { readonly type: 'heartbeat' };

/** In a mesh of tests: the proxy is to tell at once of all that it has seen. */
export interface Flush {
  readonly type: 'flush';
  readonly id: string;
}

export interface Push {
  readonly type: 'push';
  /** Version after this push. */
  readonly version: string;
  /** Version that it builds upon: the last one that was acknowledged; '' = replaces everything. */
  readonly base: string;
  readonly nonce: string;
  readonly upsert: readonly Upsert[];
  readonly remove: readonly ResourceRef[];
}

export interface ResourceRef {
  readonly kind: ResourceKind;
  readonly name: string;
}

export type Upsert = {
  [K in ResourceKind]: {
    readonly kind: K;
    readonly name: string;
    readonly hash: string;
    readonly spec: ResourceTypes[K];
  };
}[ResourceKind];

/** `error` null = in force for every new request; otherwise a NACK, and the agent stays at its base. */
export interface Ack {
  readonly nonce: string;
  readonly version: string;
  readonly error: string | null;
}

/** Which ports of its services the application behind a sidecar listens on, and how its health check went. */
export interface OpenPorts {
  readonly open: readonly number[];
  /** The active health check fails. */
  readonly isFailing?: boolean;
}

/** The controller sends at least a heartbeat this often; an agent that hears nothing for three reconnects. */
export const HEARTBEAT_MS = 5000;
export const SILENCE_MS = 15000;

export function resourceKey(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}
