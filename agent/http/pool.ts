import { connect, type Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { errorCode, errorMessage } from '../../base/errors.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents } from '../exchange/streams.ts';
import type { FlushQueue } from './flush-queue.ts';
import { UpstreamConnection, type UpstreamConnectionOwner } from './upstream-connection.ts';

export interface PoolDeps {
  readonly clock: Clock;
  readonly queue: FlushQueue;
  /** Connections and waiting requests of the whole cluster, over which its limits hold. */
  readonly usage: ClusterUsage;
}

/** What a container sent last may still be on its way when Docker says that it ended. */
const ABANDON_AFTER_MS = 500;

export interface ClusterUsage {
  connections: number;
  pending: number;
}

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
    const connection = this.#idle.pop();
    if (connection !== undefined) {
      connection.start(head, hasBody, events);
      return;
    }
    const { maxConnections, maxPendingRequests } = this.#spec.circuitBreaker;
    const { usage } = this.#deps;
    const canConnect = usage.connections < maxConnections;
    if (!canConnect && usage.pending >= maxPendingRequests) {
      events.onUpstreamFailure({ kind: 'overflow' });
      return;
    }
    usage.pending += 1;
    this.#waiting.push({ head, hasBody, events });
    if (canConnect) this.#connect();
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
    const { maxRequestsPerConnection } = this.#spec.connections;
    const isUsedUp = maxRequestsPerConnection > 0 && connection.requests >= maxRequestsPerConnection;
    if (isUsedUp) {
      connection.close();
      return;
    }
    // Who waited before the host was given up is still served: it was picked when the host was there.
    const next = this.#takeWaiting();
    if (next !== undefined) connection.start(next.head, next.hasBody, next.events);
    else if (this.#isDraining) connection.close();
    else {
      connection.idleSinceMs = this.#deps.clock.now();
      this.#idle.push(connection);
    }
  }

  onClosed(connection: UpstreamConnection): void {
    if (!this.#all.delete(connection)) return;
    this.#deps.usage.connections -= 1;
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (
      this.#waiting.length > this.#opening.size &&
      this.#deps.usage.connections < this.#spec.circuitBreaker.maxConnections
    ) {
      this.#connect();
    }
  }

  #takeWaiting(): Waiting | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#deps.usage.pending -= 1;
    return next;
  }

  #connect(): void {
    this.#deps.usage.connections += 1;
    const socket = openSocket(this.#spec, this.#address, this.#port);
    this.#opening.add(socket);
    const cancelTimer = this.#deps.clock.after(this.#spec.connectTimeoutMs, () =>
      socket.destroy(new Error('connection timeout')),
    );
    const onError = (error: Error) => {
      cancelTimer();
      this.#opening.delete(socket);
      this.#deps.usage.connections -= 1;
      const reason = describeConnectError(error);
      this.#deps.queue.run(() =>
        this.#takeWaiting()?.events.onUpstreamFailure({ kind: 'connect-failure', reason }),
      );
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      cancelTimer();
      socket.off('error', onError);
      this.#opening.delete(socket);
      this.#adopt(socket);
    });
  }

  #adopt(socket: Socket): void {
    const connection = new UpstreamConnection(socket, this.#deps.queue, this);
    this.#all.add(connection);
    this.#deps.queue.run(() => this.onFree(connection));
  }
}

/** A connection to a host as the cluster's settings want it. */
export function openSocket(spec: ClusterSpec, address: string, port: number): Socket {
  const { discovery, connections } = spec;
  const source = discovery.kind === 'original-destination' ? discovery.sourceAddress : '';
  const keepAlive = connections.tcpKeepalive;
  return connect({
    host: address,
    port,
    noDelay: true,
    allowHalfOpen: true,
    ...(source === '' || address.includes(':') ? {} : { localAddress: source }),
    ...(keepAlive === null ? {} : { keepAlive: true, keepAliveInitialDelay: keepAlive.timeMs }),
  });
}

/** In Envoy's words, which end up in `response_code_details`. */
export function describeConnectError(error: Error): string {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return 'delayed connect error: Connection refused';
    case 'ENETUNREACH':
      return 'delayed connect error: Network is unreachable';
    case 'EHOSTUNREACH':
      return 'delayed connect error: No route to host';
    case 'ETIMEDOUT':
      return 'connection timeout';
    default:
      return errorMessage(error);
  }
}
