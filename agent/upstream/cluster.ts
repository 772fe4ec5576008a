import type { Clock } from '../../base/clock.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointSpec, EndpointsSpec } from '../../model/endpoint.ts';
import type { Pool } from '../exchange/streams.ts';
import { type Balancer, createBalancer, type LocalityWeights } from '../policy/balancer/balancer.ts';
import { pickUntried } from '../policy/balancer/picker.ts';
import { hostsBeyond } from '../policy/balancer/previous-priorities.ts';
import { warmth } from '../policy/balancer/warmup.ts';
import type { RequestedNames } from '../pool/requested-names.ts';
import { Ejections } from './ejections.ts';
import { Host } from './host.ts';
import { RequestWindow } from './request-window.ts';
import { nameAndPort } from './requested-host.ts';
import { type ClusterUsage, mayRetry, noUsage } from './usage.ts';

export interface ClusterDeps {
  readonly clock: Clock;
  readonly random: () => number;
  createPool(cluster: ClusterSpec, host: Host, shared: Pick<Cluster, 'usage' | 'counters'>): Pool;
  /** A host of the service that has this virtual address; null = it is none. Absent where no address is virtual. */
  behind?(address: string, port: number): Pick<Host, 'address' | 'port'> | null;
  /** A host of a cluster that is found by DNS failed: its name may have another address by now. */
  lookAgain?(cluster: string): void;
  /** Absent where no cluster goes by the names that callers ask for. */
  readonly requestedNames?: RequestedNames;
}

/** Counts of one cluster, in Envoy's names (`envoy_cluster_…`). */
export interface ClusterCounters {
  upstream_rq_total: number;
  upstream_rq_completed: number;
  upstream_rq_retry: number;
  upstream_rq_retry_success: number;
  upstream_rq_retry_overflow: number;
  upstream_rq_retry_limit_exceeded: number;
  upstream_rq_timeout: number;
  upstream_rq_per_try_timeout: number;
  upstream_rq_pending_overflow: number;
  upstream_cx_total: number;
  upstream_cx_connect_fail: number;
  upstream_cx_none_healthy: number;
  upstream_cx_overflow: number;
  /** `upstream_rq_1xx` to `upstream_rq_5xx`, by their first digit. */
  readonly byClass: number[];
}

/** A host that a connection or a request named is forgotten when nobody has used it for this long. */
const ORIGINAL_HOST_IDLE_MS = 60_000;
/** How often shares are looked at anew during a slow start. */
const WARMUP_STEP_MS = 1000;

/** A cluster of one snapshot: hosts, the choice among them, counters. Hosts are shared with its predecessor. */
export class Cluster {
  readonly spec: ClusterSpec;
  readonly name: string;
  readonly counters: ClusterCounters;
  readonly usage: ClusterUsage;
  readonly hosts: ReadonlyMap<string, Host>;
  /** null = hosts are never ejected. */
  readonly ejections: Ejections | null;
  readonly #deps: ClusterDeps;
  readonly #localityWeights: LocalityWeights;
  readonly #window: RequestWindow | null;
  #balancer: Balancer<Host>;
  readonly #originalHosts: Map<string, { host: Host; usedAtMs: number }>;
  /** Hosts of predecessors on which something is still under way: their address may yet turn out to be another's. */
  readonly #leaving = new Map<string, Host>();
  #latestKey = { address: '', port: 0, key: '' };
  /** This cluster in the tables that followed, for retries of requests that began with these. */
  #successor: Cluster | null = null;
  #cancelWarmup: (() => void) | null = null;

  /** `keepsHosts`: the connections of `previous` suit this one's settings; what it counted stays in any case. */
  constructor(
    spec: ClusterSpec,
    endpoints: EndpointsSpec | null,
    previous: Cluster | null,
    keepsHosts: boolean,
    deps: ClusterDeps,
  ) {
    this.spec = spec;
    this.name = spec.name;
    this.#deps = deps;
    this.counters = previous?.counters ?? noCounts();
    this.usage = previous?.usage ?? noUsage();
    this.hosts = this.#adoptHosts(endpoints?.endpoints ?? [], keepsHosts ? previous : null);
    this.#originalHosts =
      keepsHosts && previous?.spec.discovery.kind === spec.discovery.kind
        ? previous.#originalHosts
        : new Map();
    this.#localityWeights = endpoints?.localityWeights ?? null;
    this.#window = this.#adoptWindow(previous === null ? null : previous.#window);
    this.ejections = this.#adoptEjections(previous);
    this.#balancer = this.#balance();
  }

  #adoptHosts(endpoints: readonly EndpointSpec[], previous: Cluster | null): Map<string, Host> {
    const now = this.#deps.clock.now();
    const hosts = new Map<string, Host>();
    for (const endpoint of endpoints) {
      const key = `${endpoint.address}:${endpoint.port}`;
      const known = previous?.hosts.get(key);
      // A freed address may come back as another workload, or the same one started again: its connections are dead.
      if (known !== undefined && isSameInstance(known.spec, endpoint)) {
        if (!known.isOffered) known.offeredAtMs = now;
        known.warmth = 1;
        known.spec = endpoint;
        hosts.set(key, known);
      } else {
        const create = (host: Host) => this.#deps.createPool(this.spec, host, this);
        hosts.set(key, new Host(endpoint, now, create));
      }
    }
    return hosts;
  }

  /** Requests are counted on over an edit, unless it changed the interval. */
  #adoptWindow(known: RequestWindow | null): RequestWindow | null {
    const intervalMs = this.spec.circuitBreaker.retryBudget?.intervalMs ?? 0;
    if (known !== null && known.intervalMs === intervalMs) return known;
    known?.close();
    if (intervalMs === 0) return null;
    const { counters } = this;
    return new RequestWindow(this.#deps.clock, intervalMs, () => counters.upstream_rq_total);
  }

  /** Who is out stays out, whatever else of the cluster has changed. */
  #adoptEjections(previous: Cluster | null): Ejections | null {
    const { outlier } = this.spec;
    const known = previous?.ejections ?? null;
    if (outlier === null) {
      known?.close();
      for (const host of this.hosts.values()) host.monitor = null;
      return null;
    }
    const ejections = known ?? new Ejections(outlier, this.#deps.clock);
    const offered = [...this.hosts.values()].filter((host) => host.isOffered);
    ejections.configure(
      outlier,
      offered.map(({ identity }) => identity),
      () => {
        this.#balancer = this.#balance();
      },
    );
    for (const host of this.hosts.values()) host.monitor = ejections.monitorOf(host.identity);
    return ejections;
  }

  #balance(): Balancer<Host> {
    if (this.spec.loadBalancer.warmup !== null) this.#warmUp();
    const seed = Math.floor(this.#deps.random() * 1024);
    return createBalancer(this.spec.loadBalancer, [...this.hosts.values()], this.#localityWeights, seed);
  }

  /** Weighs new hosts by their age, and looks again while any of them is new. */
  #warmUp(): void {
    const { warmup } = this.spec.loadBalancer;
    const now = this.#deps.clock.now();
    let isWarm = true;
    for (const host of this.hosts.values()) {
      host.warmth = warmup === null ? 1 : warmth(warmup, now - host.offeredAtMs);
      if (host.warmth < 1) isWarm = false;
    }
    this.#cancelWarmup?.();
    this.#cancelWarmup = isWarm
      ? null
      : this.#deps.clock.after(WARMUP_STEP_MS, () => {
          this.#balancer = this.#balance();
        });
  }

  /**
   * A host for a request's first attempt; null = no healthy upstream.
   * @param hash of the request, for consistent hashing; null = none
   */
  pick(hash: number | null): Host | null {
    return this.#balancer.pick(this.#deps.random, hash);
  }

  /**
   * A host for a further attempt, one that was not tried yet if possible; null = no healthy upstream.
   * @param attempted hosts of all attempts, where tried priorities are to be left; else empty
   */
  pickAgain(
    tried: readonly Host[],
    selectionAttempts: number,
    hash: number | null,
    attempted: readonly Host[],
  ): Host | null {
    // What made the attempt before fail may be known by now.
    const { pick, candidates } = this.#newest().#balancerBeyond(attempted);
    return pickUntried(pick, candidates, tried, selectionAttempts, this.#deps.random, hash);
  }

  #balancerBeyond(attempted: readonly Host[]): Balancer<Host> {
    if (attempted.length === 0) return this.#balancer;
    const hosts = hostsBeyond([...this.hosts.values()], attempted);
    if (hosts === null) return this.#balancer;
    return createBalancer(this.spec.loadBalancer, hosts, this.#localityWeights, attempted.length);
  }

  #newest(): Cluster {
    let newest: Cluster = this;
    while (newest.#successor !== null) newest = newest.#successor;
    return newest;
  }

  /** Requests are placed by hash here. */
  get isHashing(): boolean {
    const { policy } = this.spec.loadBalancer;
    return policy === 'ring-hash' || policy === 'maglev';
  }

  /** Takes leave for one more retry; false = too many are under way. Given back by `endRetry`. */
  startRetry(): boolean {
    if (!mayRetry(this.spec.circuitBreaker, this.usage, this.#window?.count ?? 0)) {
      this.counters.upstream_rq_retry_overflow += 1;
      return false;
    }
    this.counters.upstream_rq_retry += 1;
    this.usage.retries += 1;
    return true;
  }

  endRetry(): void {
    this.usage.retries -= 1;
  }

  /** An answer's status, for outlier detection. */
  reportStatus({ monitor }: Host, status: number): void {
    if (monitor !== null) this.ejections?.recordStatus(monitor, status);
  }

  /** No (whole) answer, for outlier detection. */
  reportFailure({ monitor, address }: Host, isTimeout: boolean): void {
    if (this.spec.discovery.kind === 'dns') this.#deps.lookAgain?.(this.name);
    else if (this.isByName) this.#deps.requestedNames?.doubt(address);
    if (monitor !== null) this.ejections?.recordFailure(monitor, isTimeout);
  }

  /** A connection was made; `isFinal`: more is not to be expected of the host (TCP). */
  reportConnected({ monitor }: Host, isFinal: boolean): void {
    if (monitor !== null) this.ejections?.recordConnected(monitor, isFinal);
  }

  /** The host at a connection's original destination. */
  originalHost(calledAddress: string, port: number, nowMs: number): Host {
    const { discovery } = this.spec;
    const isOriginal = discovery.kind === 'original-destination';
    const { behind } = this.#deps;
    const real = behind === undefined ? null : behind(calledAddress, port);
    const toPort = isOriginal && discovery.port > 0 ? discovery.port : (real?.port ?? port);
    const address = (isOriginal ? discovery.address : undefined) ?? real?.address ?? calledAddress;
    return this.#hostAt(address, toPort, nowMs);
  }

  /** Its hosts are those that callers name. */
  get isByName(): boolean {
    return this.spec.discovery.kind === 'requested-name';
  }

  needsLookUp(authority: string): boolean {
    const { name, isAddress } = this.#asked(authority);
    return !isAddress && this.#deps.requestedNames?.find(name) === undefined;
  }

  lookUp(authority: string, onDone: () => void): void {
    const names = this.#deps.requestedNames;
    if (names === undefined) onDone();
    else names.lookUp(this.#asked(authority).name, onDone);
  }

  /** null = the name has no address, or was not looked up. */
  hostByName(authority: string, nowMs: number): Host | null {
    const { name, port, isAddress } = this.#asked(authority);
    const address = isAddress ? name : (this.#deps.requestedNames?.find(name) ?? null);
    return address === null ? null : this.#hostAt(address, port, nowMs);
  }

  #asked(authority: string) {
    return nameAndPort(authority, this.spec.tls === null ? 80 : 443);
  }

  /** The text that was made last is kept: a look into a map with one that is new each time costs a multiple. */
  #hostKey(address: string, port: number): string {
    const latest = this.#latestKey;
    if (latest.port === port && latest.address === address) return latest.key;
    const key = `${address}:${port}`;
    this.#latestKey = { address, port, key };
    return key;
  }

  #hostAt(address: string, toPort: number, nowMs: number): Host {
    const key = this.#hostKey(address, toPort);
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
    const host = new Host(spec, nowMs, (made) => this.#deps.createPool(this.spec, made, this));
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
    this.#cancelWarmup?.();
    if (next === null) {
      this.ejections?.close();
      this.#window?.close();
    }
    for (const [key, host] of [...this.#leaving, ...this.hosts]) {
      const heir = next?.hosts.get(key);
      if (heir === host) continue;
      // Another container has its address now: nothing that was sent to the old one is ever answered.
      const isReplaced = heir !== undefined && isAnotherContainer(host.spec, heir.spec);
      if (isReplaced || isDead(host)) host.abandon(this.#deps.clock);
      else {
        host.pool.drain();
        if (host.active > 0 && next !== null) next.#leaving.set(key, host);
      }
    }
    if (next !== null && next.#originalHosts === this.#originalHosts) return;
    for (const { host } of this.#originalHosts.values()) host.pool.drain();
  }
}

/** One that begins or ends to speak mutual TLS is spoken to on new connections. */
function isSameInstance(known: EndpointSpec, next: EndpointSpec): boolean {
  return !isAnotherContainer(known, next) && known.mutualTls === next.mutualTls;
}

function isAnotherContainer(known: EndpointSpec, next: EndpointSpec): boolean {
  const isRestarted =
    known.instance !== undefined && next.instance !== undefined && known.instance !== next.instance;
  return known.workload !== next.workload || isRestarted;
}

function noCounts(): ClusterCounters {
  return {
    ...{ upstream_rq_total: 0, upstream_rq_completed: 0, upstream_rq_retry: 0, upstream_rq_retry_success: 0 },
    ...{ upstream_rq_retry_overflow: 0, upstream_rq_retry_limit_exceeded: 0, upstream_rq_timeout: 0 },
    ...{ upstream_rq_per_try_timeout: 0, upstream_rq_pending_overflow: 0, upstream_cx_total: 0 },
    ...{ upstream_cx_connect_fail: 0, upstream_cx_none_healthy: 0, upstream_cx_overflow: 0 },
    byClass: [0, 0, 0, 0, 0, 0],
  };
}
