import type { Ack, ControllerMessage, Hello } from '../../model/push.ts';
import { compileSnapshot } from '../compile/compile-snapshot.ts';
import type { Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';
import { Differ } from './delta.ts';
import { ProxyConnection, type ProxyStatus } from './proxy-connection.ts';
import { PushMetrics } from './push-metrics.ts';
import { Serialiser } from './serialised.ts';

export interface PushHubDeps {
  readonly wall: () => number;
  /** Differs from start to start, so that versions of two controllers are never taken for each other. */
  readonly bootId: string;
  /** The workload whose proxy runs in this container; undefined = Docker knows of none. */
  findWorkload(index: WorldIndex, container: string): Workload | undefined;
  /** A proxy acknowledged everything that it was sent. */
  onSettled(workloadId: string, container: string): void;
  /** Some proxy came, went, or answered a push, whatever it said. */
  onChange?(): void;
}

/** All connected proxies, and what each should hold. */
export class PushHub {
  readonly #deps: PushHubDeps;
  readonly #differ = new Differ(new Serialiser());
  readonly #connections = new Map<string, ProxyConnection>();
  #index: WorldIndex | null = null;
  #sequence = 0;
  readonly metrics = new PushMetrics();

  constructor(deps: PushHubDeps) {
    this.#deps = deps;
  }

  /** A new World: every proxy gets what changed for it. */
  update(index: WorldIndex): void {
    this.#index = index;
    const startedMs = this.#deps.wall();
    for (const connection of this.#connections.values()) this.#push(connection, index);
    this.metrics.onPushed(this.#deps.wall() - startedMs);
  }

  /** null = the container is no proxy of this mesh. A second stream of one container replaces the first. */
  connect(container: string, hello: Hello, send: (line: string) => void): ProxyConnection | null {
    const index = this.#index;
    const workload = index === null ? undefined : this.#deps.findWorkload(index, container);
    if (index === null || workload === undefined) return null;
    const connection = new ProxyConnection(
      {
        proxy: `${workload.name}.${workload.namespace}`,
        container,
        differ: this.#differ,
        wall: this.#deps.wall,
        metrics: this.metrics,
        createVersion: () => {
          this.#sequence += 1;
          return `${this.#deps.bootId}-${this.#sequence}`;
        },
        send,
      },
      hello,
    );
    this.#connections.set(container, connection);
    this.#push(connection, index);
    this.#reportIfSettled(connection);
    this.#deps.onChange?.();
    return connection;
  }

  disconnect(connection: ProxyConnection): void {
    if (this.#connections.get(connection.container) === connection)
      this.#connections.delete(connection.container);
    this.#deps.onChange?.();
  }

  acknowledge(container: string, ack: Ack): void {
    const connection = this.#connections.get(container);
    if (connection === undefined) return;
    connection.onAck(ack);
    this.#reportIfSettled(connection);
    this.#deps.onChange?.();
  }

  /** Sends a message to every proxy that is connected; gives their containers. */
  broadcast(message: ControllerMessage): readonly string[] {
    const line = `${JSON.stringify(message)}\n`;
    for (const connection of this.#connections.values()) connection.tell(line);
    return [...this.#connections.keys()];
  }

  isConnected(container: string): boolean {
    return this.#connections.has(container);
  }

  get statuses(): readonly ProxyStatus[] {
    return [...this.#connections.values()].map(({ status }) => status);
  }

  get areAllSettled(): boolean {
    return [...this.#connections.values()].every(({ isSettled }) => isSettled);
  }

  #push(connection: ProxyConnection, index: WorldIndex): void {
    const workload = this.#deps.findWorkload(index, connection.container);
    if (workload !== undefined) connection.want(compileSnapshot(index, workload).resources);
  }

  #reportIfSettled(connection: ProxyConnection): void {
    if (!connection.isSettled || this.#index === null) return;
    const workload = this.#deps.findWorkload(this.#index, connection.container);
    if (workload !== undefined) this.#deps.onSettled(workload.id, connection.container);
  }
}
