import type { Clock } from '../../base/clock.ts';
import { errorCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { ClusterDiscovery, ClusterSpec, DnsHost } from '../../model/cluster.ts';
import type { EndpointSpec, EndpointsSpec } from '../../model/endpoint.ts';
import {
  type DnsAnswer,
  FAILURE_TTL_SECONDS,
  MIN_REFRESH_MS,
  ofOneFamily,
  REFRESH_MS,
  type ResolveHost,
  resolveHost,
} from './resolve-host.ts';

export interface DnsClusters {
  /** The last answers, by cluster name. */
  readonly resolved: ReadonlyMap<string, EndpointsSpec>;
  /** Resolves the clusters that are new among these before it returns, but waits {@link FIRST_ANSWER_MS} at most. */
  watch(clusters: Iterable<ClusterSpec>): Promise<void>;
  /** Before its time, for a cluster with a host that failed; at most once in {@link MIN_REFRESH_MS}. */
  lookAgain(cluster: string): void;
  close(): void;
}

export interface DnsClustersDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** A later look gave other addresses. */
  readonly onChange: () => void;
  /** For tests. */
  readonly resolve?: ResolveHost;
}

type DnsDiscovery = Extract<ClusterDiscovery, { kind: 'dns' }>;

/** A name server that is away must not hold up every other change of the snapshot. */
const FIRST_ANSWER_MS = 1000;

/** Keeps the hosts of clusters that are found by DNS. An answer that fails leaves the last one in force. */
export function createDnsClusters({
  clock,
  log,
  onChange,
  resolve = resolveHost,
}: DnsClustersDeps): DnsClusters {
  const resolved = new Map<string, EndpointsSpec>();
  let watched = new Map<string, ClusterSpec>();
  const timers = new Map<string, () => void>();
  const lookedAtMs = new Map<string, number>();
  const failing = new Set<string>();
  /** Once, until it resolves again. */
  const complain = (cluster: string, host: string, error: unknown) => {
    const key = `${cluster} ${host}`;
    if (!failing.has(key))
      log.warn('a host of a cluster does not resolve', { cluster, host, reason: errorCode(error) });
    failing.add(key);
  };
  const lookUp = async (cluster: string, host: string) => {
    try {
      const answer = await resolve(host);
      failing.delete(`${cluster} ${host}`);
      return answer;
    } catch (error) {
      complain(cluster, host, error);
      return null;
    }
  };

  /** true = other hosts than before. */
  const look = async (spec: ClusterSpec): Promise<boolean> => {
    if (spec.discovery.kind !== 'dns') return false;
    lookedAtMs.set(spec.name, clock.now());
    const { endpoints, refreshMs } = await resolveCluster(spec.discovery, (host) => lookUp(spec.name, host));
    if (watched.get(spec.name) !== spec) return false;
    schedule(spec, refreshMs);
    if (endpoints === null) return false;
    const before = resolved.get(spec.name);
    const { localityWeights } = spec.discovery;
    const isNew =
      before === undefined ||
      keyOf(before.endpoints) !== keyOf(endpoints) ||
      before.localityWeights !== localityWeights;
    if (isNew) resolved.set(spec.name, { name: spec.name, endpoints, localityWeights });
    return isNew;
  };
  const lookAgain = (spec: ClusterSpec) => {
    void look(spec).then((isNew) => {
      if (isNew) onChange();
    });
  };
  const schedule = (spec: ClusterSpec, delayMs: number) => {
    timers.get(spec.name)?.();
    timers.set(
      spec.name,
      clock.after(delayMs, () => lookAgain(spec)),
    );
  };
  const forgetOthers = () => {
    for (const name of resolved.keys()) if (!watched.has(name)) resolved.delete(name);
    for (const [name, cancel] of timers) {
      if (watched.has(name)) continue;
      cancel();
      timers.delete(name);
      lookedAtMs.delete(name);
    }
  };
  return {
    resolved,
    async watch(clusters) {
      const old = watched;
      watched = new Map();
      for (const spec of clusters) if (spec.discovery.kind === 'dns') watched.set(spec.name, spec);
      forgetOthers();
      const fresh = [...watched.values()].filter((spec) => old.get(spec.name) !== spec);
      if (fresh.length === 0) return;
      let isWaiting = true;
      const answers = Promise.all(fresh.map(look)).then((changes) => {
        if (!isWaiting && changes.includes(true)) onChange();
      });
      await Promise.race([answers, new Promise<void>((done) => clock.after(FIRST_ANSWER_MS, done))]);
      isWaiting = false;
    },
    lookAgain(cluster) {
      const spec = watched.get(cluster);
      const last = lookedAtMs.get(cluster);
      if (spec !== undefined && last !== undefined && clock.now() - last >= MIN_REFRESH_MS) lookAgain(spec);
    },
    close() {
      watched = new Map();
      forgetOthers();
    },
  };
}

const keyOf = (endpoints: readonly EndpointSpec[]) =>
  endpoints
    .map((each) => `${each.address}|${each.port}|${each.weight}|${each.locality}|${each.priority}`)
    .sort()
    .join();

/** `endpoints` null = no name could be resolved. */
async function resolveCluster(
  { mode, hosts }: DnsDiscovery,
  lookUp: (host: string) => Promise<DnsAnswer | null>,
): Promise<{ endpoints: EndpointSpec[] | null; refreshMs: number }> {
  let refreshMs = REFRESH_MS;
  const found = await Promise.all(
    hosts.map(async (host) => {
      const answer = await lookUp(host.host);
      const { addresses = [], ttlSeconds = FAILURE_TTL_SECONDS } = answer ?? {};
      if (ttlSeconds !== null) refreshMs = Math.min(refreshMs, ttlSeconds * 1000);
      const usable = ofOneFamily(addresses);
      const used = mode === 'logical' ? usable.slice(0, 1) : usable;
      return answer === null ? null : used.map((each) => endpointAt(each, host));
    }),
  );
  const answered = found.filter((endpoints) => endpoints !== null);
  return {
    endpoints: answered.length === 0 ? null : answered.flat(),
    refreshMs: Math.max(refreshMs, MIN_REFRESH_MS),
  };
}

function endpointAt(address: string, { port, weight, locality, priority }: DnsHost): EndpointSpec {
  return {
    ...{ address, port, weight, health: 'healthy', locality, priority },
    ...{ workload: '', mutualTls: false },
  };
}
