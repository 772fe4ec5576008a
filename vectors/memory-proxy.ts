import { poolOf } from '../agent/exchange/memory-codec.ts';
import type { ExchangeRecord } from '../agent/exchange/record.ts';
import type { Pool } from '../agent/exchange/streams.ts';
import { PolicyWatch } from '../agent/filters/policy-watch.ts';
import { RateLimitState } from '../agent/filters/rate-limit-state.ts';
import { createHttpPipelineFactory } from '../agent/http/http-pipeline.ts';
import { buildTables, checkSnapshot, type Tables } from '../agent/listener/tables.ts';
import { hostOf } from '../agent/policy/route-table.ts';
import { resolveMaterial } from '../agent/tls/tls-material.ts';
import type { TlsServer } from '../agent/tls/tls-server.ts';
import { specForHost } from '../agent/upstream/spec-for-host.ts';
import type { Clock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { compileSnapshot } from '../controller/compile/compile-snapshot.ts';
import type { Workload } from '../controller/compile/world.ts';
import type { WorldIndex } from '../controller/compile/world-index.ts';
import type { ClusterSpec } from '../model/cluster.ts';
import type { EndpointSpec, EndpointsSpec } from '../model/endpoint.ts';
import type { DownstreamTlsSpec } from '../model/listener.ts';

export interface ProxyDeps {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * `from`: the address that the cluster dials from, '' = the workload's own; `serverName`: of the TLS that is spoken,
   * null = none; `isMutual`: it is mutual TLS of the mesh.
   */
  readonly connect: (
    address: string,
    port: number,
    from: string,
    serverName: string | null,
    isMutual: boolean,
  ) => Pool;
  /** The address of a name that the proxy itself looks up. */
  readonly resolve: (name: string) => string;
}

/** A server that ends TLS, as far as it matters without bytes: whom it lets in. */
export class MemoryTlsServer implements TlsServer {
  readonly mode: DownstreamTlsSpec['mode'];

  constructor(mode: DownstreamTlsSpec['mode']) {
    this.mode = mode;
  }

  accept(): void {
    throw new Error('there are no sockets here');
  }
}

/** One proxy: its snapshot compiled as the controller does, its tables built as the agent does. */
export class MemoryProxy {
  readonly tables: Tables;
  /** One for each request that is over, in order. */
  readonly records: ExchangeRecord[] = [];

  constructor(index: WorldIndex, workload: Workload, { clock, random, connect, resolve }: ProxyDeps) {
    const snapshot = compileSnapshot(index, workload);
    let requests = 0;
    const createPipeline = createHttpPipelineFactory({
      clock,
      random,
      telemetry: { wantsRecords: true, record: (record) => this.records.push(record), count() {} },
      createRequestId: () => `${workload.name}-${++requests}`,
    });
    this.tables = buildTables(snapshot, checkSnapshot(snapshot), null, {
      clock,
      random,
      createPipeline,
      watch: new PolicyWatch(clock, silentLogger),
      limits: new RateLimitState(),
      resolved: new Map(
        [...snapshot.resources.cluster.values()].map((spec) => [spec.name, lookUp(spec, resolve)]),
      ),
      createPool: (cluster, host) => {
        const { discovery, tls } = specForHost(cluster, host.spec);
        const from = discovery.kind === 'original-destination' ? discovery.sourceAddress : '';
        const isMutual = tls?.mode === 'istio-mutual';
        return poolOf((head, hasBody, events) => {
          const serverName = tls === null ? null : tls.sni || hostOf(head.authority);
          connect(host.address, host.port, from, serverName, isMutual).request(head, hasBody, events);
        });
      },
      createTlsServer: (spec, secrets) =>
        'missing' in resolveMaterial(secrets, spec.certificates, spec.trust)
          ? null
          : new MemoryTlsServer(spec.mode),
    });
  }
}

function lookUp({ name, discovery }: ClusterSpec, resolve: (name: string) => string): EndpointsSpec {
  const hosts = discovery.kind === 'dns' ? discovery.hosts : [];
  const endpoints = hosts.map(({ host, port }): EndpointSpec => {
    return {
      ...{ address: resolve(host), port, weight: 1, health: 'healthy', locality: '', priority: 0 },
      ...{ workload: '', mutualTls: false },
    };
  });
  return { name, endpoints, localityWeights: null };
}
