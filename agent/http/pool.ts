import type { Socket } from 'node:net';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents } from '../exchange/streams.ts';
import { ABANDON_AFTER_MS, endWithAge, openConnection, type PoolDeps } from './open-connection.ts';
import { UpstreamConnection, type UpstreamConnectionOwner } from './upstream-connection.ts';
import { OVERFLOW, WaitingRequests } from './waiting-requests.ts';

/** The look every few seconds is exact enough for idle timeouts from here on. */
const SWEPT_IN_TIME_MS = 60_000;

/** Kept connections to one host. The one used last is used next, so that the others can grow old and end. */
export class HttpPool implements Pool, UpstreamConnectionOwner {
  readonly #spec: ClusterSpec;
  readonly #address: string;
  readonly #port: number;
  readonly #deps: PoolDeps;
  readonly #idle: UpstreamConnection[] = [];
  readonly #all = new Set<UpstreamConnection>();
  readonly #waiting: WaitingRequests;
  readonly #opening = new Set<Socket>();
  #isDraining = false;

  constructor(spec: ClusterSpec, address: string, port: number, deps: PoolDeps) {
    this.#spec = spec;
    this.#address = address;
    this.#port = port;
    this.#deps = deps;
    this.#waiting = new WaitingRequests(deps.usage, spec.circuitBreaker.maxPendingRequests);
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get connectionCount(): number {
    return this.#all.size + this.#opening.size;
  }

  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    if (this.#idle.length > 0 && this.#isFull()) {
      events.onUpstreamFailure(OVERFLOW);
      return;
    }
    const connection = this.#takeIdle();
    if (connection !== undefined) {
      this.#start(connection, head, hasBody, events);
      return;
    }
    if (!this.#waiting.add({ head, hasBody, events })) return;
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
  #isFull(): boolean {
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
    this.#waiting.forget(events);
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
    let next = this.#waiting.take();
    while (next !== undefined && this.#isFull()) {
      next.events.onUpstreamFailure(OVERFLOW);
      next = this.#waiting.take();
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
    connection.cancelAge();
    this.#deps.usage.connections -= 1;
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    this.#connectForWaiting();
  }

  #connectForWaiting(): void {
    if (this.#waiting.length > this.#opening.size && this.#canConnect()) this.#connect();
  }

  #connect(): void {
    const socket = openConnection(this.#spec, this.#address, this.#port, this.#deps, {
      onOpen: () => {
        this.#opening.delete(socket);
        this.#adopt(socket);
      },
      onFailed: (reason) => {
        this.#opening.delete(socket);
        this.#waiting.take()?.events.onUpstreamFailure({ kind: 'connect-failure', reason });
        this.#connectForWaiting();
      },
    });
    this.#opening.add(socket);
  }

  #adopt(socket: Socket): void {
    const connection = new UpstreamConnection(socket, this.#deps.queue, this);
    this.#all.add(connection);
    connection.cancelAge = endWithAge(this.#spec, this.#deps, connection);
    this.#deps.queue.run(() => this.onFree(connection));
  }
}
