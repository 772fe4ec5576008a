import { lookup } from 'node:dns/promises';
import type { Clock } from '../../base/clock.ts';
import { errorCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointSpec, EndpointsSpec } from '../../model/endpoint.ts';

export interface DnsClusters {
  /** The last answers, by cluster name. */
  readonly resolved: ReadonlyMap<string, EndpointsSpec>;
  /** Resolves the clusters that are new among these before it returns, but waits {@link FIRST_ANSWER_MS} at most. */
  watch(clusters: Iterable<ClusterSpec>): Promise<void>;
  close(): void;
}

export interface DnsClustersDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** A later look gave other addresses. */
  readonly onChange: () => void;
  /** For tests. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

/** MeshConfig.dnsRefreshRate. */
const REFRESH_MS = 60_000;
/** A name server that is away must not hold up every other change of the snapshot. */
const FIRST_ANSWER_MS = 1000;

async function resolveHost(host: string): Promise<readonly string[]> {
  const answers = await lookup(host, { all: true, order: 'ipv4first' });
  return answers.map(({ address }) => address);
}

/** Keeps the hosts of clusters that are found by DNS. An answer that fails leaves the last one in force. */
export function createDnsClusters({
  clock,
  log,
  onChange,
  resolve = resolveHost,
}: DnsClustersDeps): DnsClusters {
  const resolved = new Map<string, EndpointsSpec>();
  let watched = new Map<string, ClusterSpec>();
  let cancelRefresh = () => {};
  const look = async (spec: ClusterSpec): Promise<boolean> => {
    const endpoints = await resolveCluster(spec, resolve, log);
    if (endpoints === null || watched.get(spec.name) !== spec) return false;
    const key = (list: readonly EndpointSpec[] | undefined) =>
      list
        ?.map(({ address }) => address)
        .sort()
        .join();
    const isNew = key(resolved.get(spec.name)?.endpoints) !== key(endpoints);
    if (isNew) resolved.set(spec.name, { name: spec.name, endpoints, localityWeights: null });
    return isNew;
  };
  const refresh = async () => {
    const changes = await Promise.all([...watched.values()].map(look));
    if (changes.includes(true)) onChange();
  };
  const schedule = () => {
    cancelRefresh();
    if (watched.size === 0) return;
    cancelRefresh = clock.after(REFRESH_MS, () => {
      refresh().catch((error: unknown) => log.warn('DNS refresh failed', { reason: errorCode(error) }));
      schedule();
    });
  };
  return {
    resolved,
    async watch(clusters) {
      const old = watched;
      watched = new Map();
      for (const spec of clusters) if (spec.discovery.kind === 'dns') watched.set(spec.name, spec);
      for (const name of resolved.keys()) if (!watched.has(name)) resolved.delete(name);
      const fresh = [...watched.values()].filter((spec) => old.get(spec.name) !== spec);
      schedule();
      if (fresh.length === 0) return;
      let isWaiting = true;
      const answers = Promise.all(fresh.map(look)).then((changes) => {
        if (!isWaiting && changes.includes(true)) onChange();
      });
      await Promise.race([answers, new Promise<void>((done) => clock.after(FIRST_ANSWER_MS, done))]);
      isWaiting = false;
    },
    close() {
      cancelRefresh();
      watched = new Map();
    },
  };
}

/** null = no name could be resolved. */
async function resolveCluster(
  { name, discovery }: ClusterSpec,
  resolve: (host: string) => Promise<readonly string[]>,
  log: Logger,
): Promise<EndpointSpec[] | null> {
  if (discovery.kind !== 'dns') return null;
  const { mode } = discovery;
  const found = await Promise.all(
    discovery.hosts.map(async ({ host, port }) => {
      try {
        const addresses = await resolve(host);
        return (mode === 'logical' ? addresses.slice(0, 1) : addresses).map((address) =>
          endpointAt(address, port),
        );
      } catch (error) {
        log.warn('a host of a cluster does not resolve', { cluster: name, host, reason: errorCode(error) });
        return null;
      }
    }),
  );
  const answered = found.filter((endpoints) => endpoints !== null);
  return answered.length === 0 ? null : answered.flat();
}

function endpointAt(address: string, port: number): EndpointSpec {
  return {
    ...{ address, port, weight: 1, health: 'healthy', locality: '', priority: 0 },
    ...{ workload: '', mutualTls: false },
  };
}
