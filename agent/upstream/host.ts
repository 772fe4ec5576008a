import type { Clock } from '../../base/clock.ts';
import type { EndpointSpec } from '../../model/endpoint.ts';
import type { Pool } from '../exchange/streams.ts';
import { ABANDON_AFTER_MS } from '../http/open-connection.ts';
import type { PlacedHost } from '../policy/balancer/balancer.ts';
import type { OutlierMonitor } from '../policy/outlier.ts';

/**
 * One endpoint of one cluster as the data path knows it. Outlives snapshots for as long as address and port stay, and
 * with it its connections and its count of requests in flight.
 */
export class Host implements PlacedHost {
  readonly address: string;
  readonly port: number;
  /** `address:port`. */
  readonly key: string;
  readonly pool: Pool;
  spec: EndpointSpec;
  active = 0;
  /** Set by telemetry: handles for this host, resolved once. */
  series: unknown = null;
  /** null = its cluster ejects nobody. */
  monitor: OutlierMonitor | null = null;
  /** When it began to be offered; its slow start counts from then. */
  offeredAtMs: number;
  /** Connections that are passed through to it byte by byte. */
  readonly relays = new Set<{ destroy(): void }>();
  /** Share of its weight during a slow start. */
  warmth = 1;

  constructor(spec: EndpointSpec, nowMs: number, createPool: (host: Host) => Pool) {
    this.spec = spec;
    this.address = spec.address;
    this.port = spec.port;
    this.key = `${spec.address}:${spec.port}`;
    this.offeredAtMs = nowMs;
    this.pool = createPool(this);
  }

  /** Nothing is left there that could answer: what is under way ends soon, instead of waiting for ever. */
  abandon(clock: Clock): void {
    this.pool.abandon();
    clock.after(ABANDON_AFTER_MS, () => {
      for (const relay of [...this.relays]) relay.destroy();
    });
  }

  /** Address, workload and its start: a freed address may come back as another container. */
  get identity(): string {
    return `${this.key} ${this.spec.workload} ${this.spec.instance ?? ''}`;
  }

  get weight(): number {
    return this.spec.weight * this.warmth;
  }

  get priority(): number {
    return this.spec.priority;
  }

  get locality(): string {
    return this.spec.locality;
  }

  get isOffered(): boolean {
    return this.spec.health === 'healthy' || this.spec.health === 'failing';
  }

  get isPickable(): boolean {
    return this.spec.health === 'healthy' && (this.monitor === null || this.monitor.ejectedAtMs === null);
  }
}
