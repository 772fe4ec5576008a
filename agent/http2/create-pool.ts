import type { ClusterSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Pool, UpstreamEvents } from '../exchange/streams.ts';
import type { PoolDeps } from '../http/open-connection.ts';
import { HttpPool } from '../http/pool.ts';
import { createProxiedPools } from '../http/proxied-pools.ts';
import { createServerNamePools, followsHost } from '../http/server-name-pools.ts';
import { withMeshAlpn } from '../identity/mesh-tls.ts';
import { H2Pool } from './pool.ts';

/** The pool that a cluster's protocol and TLS ask for. */
export function createPool(spec: ClusterSpec, address: string, port: number, deps: PoolDeps): Pool {
  const { proxyProtocol } = spec;
  if (proxyProtocol === undefined) return poolOfTls(spec, address, port, deps);
  return createProxiedPools(spec, proxyProtocol, (each, preface) =>
    poolOfTls(each, address, port, { ...deps, preface }),
  );
}

function poolOfTls(spec: ClusterSpec, address: string, port: number, deps: PoolDeps): Pool {
  const create = (each: ClusterSpec) => poolOfProtocol(each, address, port, deps);
  return followsHost(spec) ? createServerNamePools(spec, create) : create(spec);
}

function poolOfProtocol(spec: ClusterSpec, address: string, port: number, deps: PoolDeps): Pool {
  switch (spec.protocol) {
    case 'http2':
      return new H2Pool(overHttp2(spec), address, port, deps);
    case 'downstream':
      return new DownstreamProtocolPool(
        new HttpPool(overHttp1(spec), address, port, deps),
        new H2Pool(overHttp2(spec), address, port, deps),
      );
    default:
      return new HttpPool(overHttp1(spec), address, port, deps);
  }
}

/** Over TLS the protocol is agreed on (RFC 9113 §3.2). */
function overHttp2(spec: ClusterSpec): ClusterSpec {
  if (spec.tls === null) return spec;
  return { ...spec, tls: withMeshAlpn({ ...spec.tls, alpn: ['h2'] }, 'http2') };
}

function overHttp1(spec: ClusterSpec): ClusterSpec {
  return spec.tls?.mode === 'istio-mutual' ? { ...spec, tls: withMeshAlpn(spec.tls, 'http1') } : spec;
}

/** Speaks to the host what the caller spoke (`useClientProtocol`, and every port whose protocol is detected). */
class DownstreamProtocolPool implements Pool {
  readonly #http1: Pool;
  readonly #http2: Pool;

  constructor(http1: Pool, http2: Pool) {
    this.#http1 = http1;
    this.#http2 = http2;
  }

  get idleCount(): number {
    return this.#http1.idleCount + this.#http2.idleCount;
  }

  get connectionCount(): number {
    return this.#http1.connectionCount + this.#http2.connectionCount;
  }

  request(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    (head.version === 'HTTP/2' ? this.#http2 : this.#http1).request(head, hasBody, events);
  }

  forget(events: UpstreamEvents): void {
    this.#http1.forget(events);
    this.#http2.forget(events);
  }

  drain(): void {
    this.#http1.drain();
    this.#http2.drain();
  }

  abandon(): void {
    this.#http1.abandon();
    this.#http2.abandon();
  }

  sweep(nowMs: number): void {
    this.#http1.sweep(nowMs);
    this.#http2.sweep(nowMs);
  }
}
