import type { Socket } from 'node:net';

/** A caller's connection that carries HTTP. */
export interface OpenConnection {
  /** No request is under way. */
  readonly isIdle: boolean;
  drain(): void;
}

/** Envoy's `idle_timeout` of downstream connections, which Istio leaves as it is. */
const IDLE_LIMIT_MS = 3_600_000;
/** How long such a caller has to take its leave. */
const GRACE_MS = 10_000;

interface Seen {
  readonly socket: Socket;
  bytes: number;
  sinceMs: number;
}

/**
 * The callers' HTTP connections. Those of callers that went away without a word would stay for ever, so an idle one on
 * which nothing came for an hour ends. Looked at every few seconds: requests are not slowed by it.
 */
export class OpenConnections {
  readonly #all = new Map<OpenConnection, Seen>();

  add(connection: OpenConnection, socket: Socket, nowMs: number): void {
    this.#all.set(connection, { socket, bytes: socket.bytesRead, sinceMs: nowMs });
  }

  delete(connection: OpenConnection): void {
    this.#all.delete(connection);
  }

  drain(): void {
    for (const connection of [...this.#all.keys()]) connection.drain();
  }

  sweep(nowMs: number): void {
    for (const [connection, seen] of [...this.#all]) {
      const { bytesRead } = seen.socket;
      if (bytesRead !== seen.bytes || !connection.isIdle) {
        seen.bytes = bytesRead;
        seen.sinceMs = nowMs;
        continue;
      }
      const idleMs = nowMs - seen.sinceMs;
      if (idleMs >= IDLE_LIMIT_MS + GRACE_MS) seen.socket.destroy();
      else if (idleMs >= IDLE_LIMIT_MS) connection.drain();
    }
  }
}
