import type { Socket } from 'node:net';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents } from '../exchange/streams.ts';
import { ABANDON_AFTER_MS, endWithAge, openConnection, type PoolDeps } from '../http/open-connection.ts';
import { OVERFLOW, type Waiting, WaitingRequests } from '../http/waiting-requests.ts';
import { UpstreamH2Connection, type UpstreamH2Owner } from './upstream-connection.ts';

/**
 * HTTP/2 connections to one host: one that everybody shares, another only when the host takes no more streams on it,
 * or has said that it will end it.
 */
export class H2Pool implements Pool, UpstreamH2Owner {
  readonly #spec: ClusterSpec;
  readonly #address: string;
  readonly #port: number;
  readonly #deps: PoolDeps;
  readonly #connections = new Set<UpstreamH2Connection>();
  /** The connection that took a request last. */
  #current: UpstreamH2Connection | null = null;
  readonly #waiting: WaitingRequests;
  #opening: Socket | null = null;
  #isDraining = false;

  constructor(spec: ClusterSpec, address: string, port: number, deps: PoolDeps) {
    this.#spec = spec;
    this.#address = address;
    this.#port = port;
    this.#deps = deps;
    this.#waiting = new WaitingRequests(deps.usage, spec.circuitBreaker.maxPendingRequests);
  }

  get idleCount(): number {
    let count = 0;
    for (const connection of this.#connections) if (connection.isIdle) count += 1;
    return count;
  }

  get connectionCount(): number {
    return this.#connections.size + (this.#opening === null ? 0 : 1);
  }

  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    const connection = this.#withRoom();
    if (connection !== null) {
      this.#start(connection, { head, hasBody, events });
      return;
    }
    if (!this.#waiting.add({ head, hasBody, events })) return;
    this.#connectForWaiting();
  }

  forget(events: UpstreamEvents): void {
    this.#waiting.forget(events);
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#waiting.length > 0) return;
    for (const connection of [...this.#connections]) connection.drain();
  }

  abandon(): void {
    this.drain();
    this.#deps.clock.after(ABANDON_AFTER_MS, () => {
      for (const connection of [...this.#connections]) connection.giveUp();
      this.#opening?.destroy(new Error('the host is gone'));
    });
  }

  sweep(nowMs: number): void {
    const { idleTimeoutMs } = this.#spec.connections;
    if (idleTimeoutMs === 0) return;
    for (const connection of [...this.#connections]) {
      if (connection.isIdle && nowMs - connection.idleSinceMs > idleTimeoutMs) connection.close();
    }
  }

  onRoom(connection: UpstreamH2Connection): void {
    this.#recount(connection, connection.streamCount);
    if (connection.isIdle) connection.idleSinceMs = this.#deps.clock.now();
    this.#serveWaiting();
  }

  onClosed(connection: UpstreamH2Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#recount(connection, 0);
    connection.cancelAge();
    this.#deps.usage.connections -= 1;
    if (this.#current === connection) this.#current = null;
    this.#serveWaiting();
  }

  #withRoom(): UpstreamH2Connection | null {
    if (this.#current?.hasRoom) return this.#current;
    this.#current = null;
    for (const connection of this.#connections) {
      if (!connection.hasRoom) continue;
      this.#current = connection;
      return connection;
    }
    return null;
  }

  /** Requests of this connection under way, in the cluster's count. */
  #recount(connection: UpstreamH2Connection, count: number): void {
    this.#deps.usage.requests += count - connection.counted;
    connection.counted = count;
  }

  /** One at a time: what waits for it goes onto it together. A host's first connection is always allowed. */
  #connectForWaiting(): void {
    if (this.#opening !== null) return;
    const isWithin = this.#deps.usage.connections < this.#spec.circuitBreaker.maxConnections;
    if (isWithin || this.#connections.size === 0) this.#connect();
    else this.#deps.counters.upstream_cx_overflow += 1;
  }

  #start(connection: UpstreamH2Connection, { head, hasBody, events }: Waiting): void {
    if (this.#deps.usage.requests >= this.#spec.circuitBreaker.maxRequests) {
      events.onUpstreamFailure(OVERFLOW);
      return;
    }
    const { maxRequestsPerConnection: most } = this.#spec.connections;
    connection.start(head, hasBody, events);
    this.#recount(connection, connection.streamCount);
    if (most > 0 && connection.requests >= most) connection.drain();
  }

  #serveWaiting(): void {
    while (this.#waiting.length > 0) {
      const connection = this.#withRoom();
      if (connection === null) {
        this.#connectForWaiting();
        return;
      }
      this.#start(connection, this.#waiting.take() as Waiting);
    }
    // Who waited before the host was given up was still served: it was picked when the host was there.
    if (this.#isDraining) for (const connection of [...this.#connections]) connection.drain();
  }

  #connect(): void {
    const socket = openConnection(this.#spec, this.#address, this.#port, this.#deps, {
      onOpen: () => {
        this.#opening = null;
        this.#adopt(socket);
      },
      onFailed: (reason) => {
        this.#opening = null;
        this.#failWaiting(reason);
      },
    });
    this.#opening = socket;
  }

  #adopt(socket: Socket): void {
    const connection = new UpstreamH2Connection(socket, this.#spec, this, this.#deps);
    connection.cancelAge = endWithAge(this.#spec, this.#deps, connection);
    this.#connections.add(connection);
    this.#deps.queue.run(() => this.#serveWaiting());
  }

  /** All of them waited for this connection, as in Envoy. */
  #failWaiting(reason: string): void {
    for (let left = this.#waiting.length; left > 0; left--) {
      this.#waiting.take()?.events.onUpstreamFailure({ kind: 'connect-failure', reason });
    }
  }
}
