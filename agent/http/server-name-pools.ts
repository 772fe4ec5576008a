import type { ClusterSpec, UpstreamTlsSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents } from '../exchange/streams.ts';
import { hostOf } from '../policy/route-table.ts';

type TlsClusterSpec = ClusterSpec & { readonly tls: UpstreamTlsSpec };

/** The server name of its TLS is that of the request. */
export function followsHost(spec: ClusterSpec): spec is TlsClusterSpec {
  return spec.tls !== null && spec.tls.sni === '' && spec.tls.mode !== 'istio-mutual';
}

/**
 * TLS whose server name follows the request's Host (Istio's auto_sni and auto_san_validation): a connection was
 * verified for one name, so each name has connections of its own.
 */
export class ServerNamePools implements Pool {
  readonly #spec: TlsClusterSpec;
  readonly #createPool: (spec: ClusterSpec) => Pool;
  readonly #pools = new Map<string, Pool>();
  #isDraining = false;

  constructor(spec: TlsClusterSpec, createPool: (spec: ClusterSpec) => Pool) {
    this.#spec = spec;
    this.#createPool = createPool;
  }

  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    const name = hostOf(head.authority).toLowerCase();
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = this.#createPool({ ...this.#spec, tls: { ...this.#spec.tls, sni: name } });
      this.#pools.set(name, pool);
      if (this.#isDraining) pool.drain();
    }
    pool.request(head, hasBody, events);
  }

  forget(events: UpstreamEvents): void {
    for (const pool of this.#pools.values()) pool.forget(events);
  }

  drain(): void {
    this.#isDraining = true;
    for (const pool of this.#pools.values()) pool.drain();
  }

  abandon(): void {
    this.#isDraining = true;
    for (const pool of this.#pools.values()) pool.abandon();
  }

  /** Names are the callers' own words: one that is not used any more must not stay. */
  sweep(nowMs: number): void {
    for (const [name, pool] of this.#pools) {
      pool.sweep(nowMs);
      if (pool.connectionCount === 0) this.#pools.delete(name);
    }
  }

  get idleCount(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.idleCount, 0);
  }

  get connectionCount(): number {
    return [...this.#pools.values()].reduce((sum, pool) => sum + pool.connectionCount, 0);
  }
}
