import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents, UpstreamFailure } from '../exchange/streams.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import type { ClusterUsage } from '../upstream/usage.ts';
import type { FlushQueue } from './flush-queue.ts';
import { UpstreamConnection, type UpstreamConnectionOwner } from './upstream-connection.ts';
import { describeConnectError, openEvent, openSocket } from './upstream-socket.ts';

export interface PoolDeps {
  readonly clock: Clock;
  readonly queue: FlushQueue;
  /** Connections and waiting requests of the whole cluster, over which its limits hold. */
  readonly usage: ClusterUsage;
  readonly counters: { upstream_cx_overflow: number };
  /** Needed where a cluster speaks mutual TLS of the mesh. */
  readonly identity?: MeshIdentity | undefined;
}

const OVERFLOW: UpstreamFailure = { kind: 'overflow' };
/** The look every few seconds is exact enough for idle timeouts from here on. */
const SWEPT_IN_TIME_MS = 60_000;

/** What a container sent last may still be on its way when Docker says that it ended. */
export const ABANDON_AFTER_MS = 500;

interface Waiting {
  readonly head: RequestHead;
  readonly hasBody: boolean;
  readonly events: UpstreamEvents;
}

/** Kept connections to one host. The one used last is used next, so that the others can grow old and end. */
export class HttpPool implements Pool, UpstreamConnectionOwner {
  readonly #spec: ClusterSpec;
  readonly #address: string;
  readonly #port: number;
  readonly #deps: PoolDeps;
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  readonly #waiting: Waiting[] = [];
  readonly #opening = new Set<Socket>();
  #isDraining = false;

  constructor(spec: ClusterSpec, address: string, port: number, deps: PoolDeps) {
    this.#spec = spec;
    this.#address = address;
    this.#port = port;
    this.#deps = deps;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get connectionCount(): number {
    return this.#all.size + this.#opening.size;
  }

  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    const { usage } = this.#deps;
    if (this.#idle.length > 0 && this.#isFull) {
      events.onUpstreamFailure(OVERFLOW);
      return;
    }
    const connection = this.#takeIdle();
    if (connection !== undefined) {
      this.#start(connection, head, hasBody, events);
      return;
    }
    // Holds for those too for whom a connection is just being opened, as in Envoy.
    if (usage.pending >= this.#spec.circuitBreaker.maxPendingRequests) {
      events.onUpstreamFailure(OVERFLOW);
      return;
    }
    usage.pending += 1;
    this.#waiting.push({ head, hasBody, events });
    if (this.#canConnect()) this.#connect();
    else this.#deps.counters.upstream_cx_overflow += 1;
  }

  /** One connection per host is always allowed: who waits for this host could not be served otherwise. */
  #canConnect(): boolean {
    const { maxConnections } = this.#spec.circuitBreaker;
    return this.#deps.usage.connections < maxConnections || this.connectionCount === 0;
  }

  #takeIdle(): UpstreamConnection | undefined {
    const connection = this.#idle.pop();
    const { idleTimeoutMs } = this.#spec.connections;
    if (connection === undefined || idleTimeoutMs === 0 || idleTimeoutMs >= SWEPT_IN_TIME_MS)
      return connection;
    if (this.#deps.clock.now() - connection.idleSinceMs <= idleTimeoutMs) return connection;
    // It was the one used last: the others are older still.
    connection.close();
    for (const older of this.#idle.splice(0)) older.close();
    return undefined;
  }

  /** Asked when a connection is there: until then a request only waits. */
  get #isFull(): boolean {
    return this.#deps.usage.requests >= this.#spec.circuitBreaker.maxRequests;
  }

  #start(connection: UpstreamConnection, head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    this.#deps.usage.requests += 1;
    connection.isCounted = true;
    connection.start(head, hasBody, events);
  }

  #finish(connection: UpstreamConnection): void {
    if (connection.isCounted) this.#deps.usage.requests -= 1;
    connection.isCounted = false;
  }

  forget(events: UpstreamEvents): void {
    const index = this.#waiting.findIndex((waiting) => waiting.events === events);
    if (index < 0) return;
    this.#waiting.splice(index, 1);
    this.#deps.usage.pending -= 1;
  }

  drain(): void {
    this.#isDraining = true;
    for (const connection of [...this.#all]) connection.drain();
  }

  abandon(): void {
    this.drain();
    this.#deps.clock.after(ABANDON_AFTER_MS, () => {
      for (const connection of [...this.#all]) connection.giveUp();
      for (const socket of [...this.#opening]) socket.destroy(new Error('the host is gone'));
    });
  }

  sweep(nowMs: number): void {
    const { idleTimeoutMs } = this.#spec.connections;
    if (idleTimeoutMs === 0) return;
    for (const connection of [...this.#idle]) {
      if (nowMs - connection.idleSinceMs > idleTimeoutMs) connection.close();
    }
  }

  onFree(connection: UpstreamConnection): void {
    this.#finish(connection);
    const { maxRequestsPerConnection } = this.#spec.connections;
    const isUsedUp = maxRequestsPerConnection > 0 && connection.requests >= maxRequestsPerConnection;
    if (isUsedUp) {
      connection.close();
      return;
    }
    // Who waited before the host was given up is still served: it was picked when the host was there.
    let next = this.#takeWaiting();
    while (next !== undefined && this.#isFull) {
      next.events.onUpstreamFailure(OVERFLOW);
      next = this.#takeWaiting();
    }
    if (next !== undefined) this.#start(connection, next.head, next.hasBody, next.events);
    else if (this.#isDraining) connection.close();
    else {
      connection.idleSinceMs = this.#deps.clock.now();
      this.#idle.push(connection);
    }
  }

  onClosed(connection: UpstreamConnection): void {
    if (!this.#all.delete(connection)) return;
    this.#finish(connection);
    connection.cancelAge?.();
    this.#deps.usage.connections -= 1;
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#connectForWaiting();
  }

  #connectForWaiting(): void {
    if (this.#waiting.length > this.#opening.size && this.#canConnect()) this.#connect();
  }

  #takeWaiting(): Waiting | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#deps.usage.pending -= 1;
    return next;
  }

  #connect(): void {
    this.#deps.usage.connections += 1;
    const socket = openSocket(this.#spec, this.#address, this.#port, this.#deps.identity);
    this.#opening.add(socket);
    const cancelTimer = this.#deps.clock.after(this.#spec.connectTimeoutMs, () =>
      socket.destroy(new Error('connection timeout')),
    );
    const onError = (error: Error) => {
      cancelTimer();
      this.#opening.delete(socket);
      this.#deps.usage.connections -= 1;
      const reason = describeConnectError(error);
      this.#deps.queue.run(() => {
        this.#takeWaiting()?.events.onUpstreamFailure({ kind: 'connect-failure', reason });
        this.#connectForWaiting();
      });
    };
    socket.once('error', onError);
    socket.once(openEvent(this.#spec), () => {
      cancelTimer();
      socket.off('error', onError);
      this.#opening.delete(socket);
      this.#adopt(socket);
    });
  }

  #adopt(socket: Socket): void {
    const connection = new UpstreamConnection(socket, this.#deps.queue, this);
    this.#all.add(connection);
    const { maxConnectionMs } = this.#spec.connections;
    if (maxConnectionMs > 0) {
      connection.cancelAge = this.#deps.clock.after(maxConnectionMs, () => connection.drain());
    }
    this.#deps.queue.run(() => this.onFree(connection));
  }
}
