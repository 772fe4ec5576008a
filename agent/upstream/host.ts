import type { EndpointSpec } from '../../model/endpoint.ts';
import type { Pool } from '../exchange/streams.ts';
import type { BalancedHost } from '../policy/balancer/balanced-host.ts';

/**
 * One endpoint of one cluster as the data path knows it. Outlives snapshots for as long as address and port stay, and
 * with it its connections and its count of requests in flight.
 */
export class Host implements BalancedHost {
  readonly address: string;
  readonly port: number;
  /** `address:port`. */
  readonly key: string;
  readonly pool: Pool;
  spec: EndpointSpec;
  active = 0;
  /** Set by telemetry: handles for this host, resolved once. */
  series: unknown = null;

  constructor(spec: EndpointSpec, createPool: (host: Host) => Pool) {
    this.spec = spec;
    this.address = spec.address;
    this.port = spec.port;
    this.key = `${spec.address}:${spec.port}`;
    this.pool = createPool(this);
  }

  get weight(): number {
    return this.spec.weight;
  }

  get isPickable(): boolean {
    return this.spec.health === 'healthy';
  }
}
