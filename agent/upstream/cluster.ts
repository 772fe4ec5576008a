import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointSpec, EndpointsSpec } from '../../model/endpoint.ts';
import type { Pool } from '../exchange/streams.ts';
import type { Picker } from '../policy/balancer/balanced-host.ts';
import { createPicker, pickUntried } from '../policy/balancer/picker.ts';
import { Host } from './host.ts';

export interface ClusterDeps {
  readonly random: () => number;
  createPool(cluster: ClusterSpec, host: Host): Pool;
}

/** Counts of one cluster, in Envoy's names (`envoy_cluster_…`). */
export interface ClusterCounters {
  upstream_rq_total: number;
  upstream_rq_retry: number;
  upstream_rq_timeout: number;
  upstream_rq_pending_overflow: number;
  upstream_cx_connect_fail: number;
}

/** An original-destination cluster forgets a host that nobody has used for this long. */
const ORIGINAL_HOST_IDLE_MS = 60_000;

/** A cluster of one snapshot: hosts, the choice among them, counters. Hosts are shared with its predecessor. */
export class Cluster {
  readonly spec: ClusterSpec;
  readonly name: string;
  readonly counters: ClusterCounters;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly #deps: ClusterDeps;
  readonly #candidates: readonly Host[];
  readonly #pick: Picker<Host>;
  readonly #originalHosts: Map<string, { host: Host; usedAtMs: number }>;
  /** This cluster in the tables that followed, for retries of requests that began with these. */
  #successor: Cluster | null = null;

  constructor(
    spec: ClusterSpec,
    endpoints: EndpointsSpec | null,
    previous: Cluster | null,
    deps: ClusterDeps,
  ) {
    this.spec = spec;
    this.name = spec.name;
    this.#deps = deps;
    this.counters = previous?.counters ?? {
      upstream_rq_total: 0,
      upstream_rq_retry: 0,
      upstream_rq_timeout: 0,
      upstream_rq_pending_overflow: 0,
      upstream_cx_connect_fail: 0,
    };
    this.hosts = this.#adoptHosts(endpoints?.endpoints ?? [], previous);
    this.#originalHosts =
      previous?.spec.discovery.kind === spec.discovery.kind ? previous.#originalHosts : new Map();
    this.#candidates = this.#pickable();
    this.#pick = createPicker(spec.loadBalancer.policy, this.#candidates, Math.floor(deps.random() * 1024));
  }

  #adoptHosts(endpoints: readonly EndpointSpec[], previous: Cluster | null): Map<string, Host> {
    const hosts = new Map<string, Host>();
    for (const endpoint of endpoints) {
      const key = `${endpoint.address}:${endpoint.port}`;
      const known = previous?.hosts.get(key);
      // A freed address may come back as another workload: its connections must not be taken over.
      if (known !== undefined && known.spec.workload === endpoint.workload) {
        known.spec = endpoint;
        hosts.set(key, known);
      } else hosts.set(key, new Host(endpoint, (host) => this.#deps.createPool(this.spec, host)));
    }
    return hosts;
  }

  /** Hosts of the best priority that has any; all hosts of it if too few are healthy for the panic threshold. */
  #pickable(): Host[] {
    const all = [...this.hosts.values()];
    const healthy = all.filter((host) => host.isPickable);
    const { panicThreshold } = this.spec.loadBalancer;
    const isPanic = panicThreshold > 0 && healthy.length * 100 < all.length * panicThreshold;
    const candidates = isPanic ? all.filter((host) => host.spec.health !== 'draining') : healthy;
    const best = Math.min(...candidates.map((host) => host.spec.priority));
    return candidates.filter((host) => host.spec.priority === best);
  }

  /** A host for a request's first attempt; null = no healthy upstream. */
  pick(): Host | null {
    return this.#pick(this.#deps.random);
  }

  /** A host for a further attempt, one that was not tried yet if possible; null = no healthy upstream. */
  pickAgain(tried: readonly Host[], selectionAttempts: number): Host | null {
    // What made the attempt before fail may be known by now.
    const newest = this.#newest();
    return pickUntried(newest.#pick, newest.#candidates, tried, selectionAttempts, this.#deps.random);
  }

  #newest(): Cluster {
    let newest: Cluster = this;
    while (newest.#successor !== null) newest = newest.#successor;
    return newest;
  }

  /** The host at a connection's original destination. */
  originalHost(calledAddress: string, port: number, nowMs: number): Host {
    const { discovery } = this.spec;
    const isOriginal = discovery.kind === 'original-destination';
    const toPort = isOriginal && discovery.port > 0 ? discovery.port : port;
    const address = (isOriginal ? discovery.address : undefined) ?? calledAddress;
    const key = `${address}:${toPort}`;
    const known = this.#originalHosts.get(key);
    if (known !== undefined) {
      known.usedAtMs = nowMs;
      return known.host;
    }
    const spec: EndpointSpec = {
      address,
      port: toPort,
      weight: 1,
      health: 'healthy',
      locality: '',
      priority: 0,
      workload: '',
      mutualTls: false,
    };
    const host = new Host(spec, (made) => this.#deps.createPool(this.spec, made));
    this.#originalHosts.set(key, { host, usedAtMs: nowMs });
    return host;
  }

  /** Ends idle connections that are too old, and forgets unused original destinations. */
  sweep(nowMs: number): void {
    for (const host of this.hosts.values()) host.pool.sweep(nowMs);
    for (const [key, { host, usedAtMs }] of this.#originalHosts) {
      host.pool.sweep(nowMs);
      if (host.active > 0 || host.pool.connectionCount > 0 || nowMs - usedAtMs < ORIGINAL_HOST_IDLE_MS)
        continue;
      this.#originalHosts.delete(key);
    }
  }

  /**
   * Ends the connections of hosts that `next` (null = the cluster is gone) has no more. Busy ones end with their
   * exchanges, unless `isDead` says that nothing is left there which could answer.
   */
  retire(next: Cluster | null, isDead: (host: Host) => boolean): void {
    this.#successor = next;
    for (const [key, host] of this.hosts) {
      if (next?.hosts.get(key) === host) continue;
      if (isDead(host)) host.pool.abandon();
      else host.pool.drain();
    }
    if (next !== null && next.#originalHosts === this.#originalHosts) return;
    for (const { host } of this.#originalHosts.values()) host.pool.drain();
  }
}
