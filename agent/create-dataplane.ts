import type { Clock } from '../base/clock.ts';
import { renderFamilies } from '../base/exposition.ts';
import type { Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Dataplane } from './dataplane.ts';
import { CacheStores } from './filters/cache-stores.ts';
import { PolicyWatch } from './filters/policy-watch.ts';
import { RateLimitState } from './filters/rate-limit-state.ts';
import { FlushQueue } from './http/flush-queue.ts';
import { createHttpPipelineFactory } from './http/http-pipeline.ts';
import { createRandomHex, createRequestIds } from './http/random-ids.ts';
import { createTurnClock } from './http/turn-clock.ts';
import { createPool } from './http2/create-pool.ts';
import type { MeshIdentity } from './identity/identity.ts';
import { createAcceptor } from './listener/acceptor.ts';
import { createGatewayPorts } from './listener/gateway-ports.ts';
import { buildTables, checkSnapshot, type TableDeps, type Tables } from './listener/tables.ts';
import { createBehind } from './listener/virtual-addresses.ts';
import { TestCounters } from './policy/test-counters.ts';
import { createDnsClusters } from './pool/dns-clusters.ts';
import { createRequestedNames } from './pool/requested-names.ts';
import type { WriteLine } from './telemetry/access-logs.ts';
import { LogExports } from './telemetry/log-exports.ts';
import { Observer, type SendObservations } from './telemetry/observer.ts';
import { processMetrics } from './telemetry/process-metrics.ts';
import { createTelemetry } from './telemetry/telemetry.ts';
import { secretFilesDigest } from './tls/tls-material.ts';
import { createTlsServers } from './tls/tls-servers.ts';
import type { SendSpans } from './tracing/send-spans.ts';
import { Tracing } from './tracing/tracing.ts';
import type { Host } from './upstream/host.ts';
import { specForHost } from './upstream/spec-for-host.ts';

export interface DataplaneDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Who this proxy is, to others of the mesh; without it mutual TLS is neither spoken nor ended. */
  readonly identity?: MeshIdentity;
  /** Of the program. */
  readonly version?: string;
  /** A token came with a key that the snapshot lacks. */
  readonly onUnknownKey?: () => void;
  /** For caches on a disk; without it they are in memory. */
  readonly cacheDirectory?: string;
  /** Takes spans to the mesh's own store; default: nobody does. */
  readonly sendSpans?: SendSpans;
  /** Takes requests to the controller of a mesh of tests; default: nobody does. */
  readonly sendObservations?: SendObservations;
  /** Takes whole lines of the access log, where the snapshot turns it on; default standard output. */
  readonly writeAccessLog?: WriteLine;
}

/** How often idle connections are looked at; their timeouts are minutes. */
const SWEEP_MS = 5000;
/** How often a drain looks whether everything has ended. */
const DRAIN_LOOK_MS = 20;
const LAST_SPANS_MS = 500;

/** The data path of one process: sockets in, sockets out, one reference to all that a snapshot became. */
export function createDataplane(deps: DataplaneDeps): Dataplane {
  const { random, log, identity, writeAccessLog, onUnknownKey, cacheDirectory } = deps;
  let tables: Tables | null = null;
  let snapshot: Snapshot | null = null;
  let secretFiles = '';
  let applying: Promise<void> = Promise.resolve();
  const queue = new FlushQueue();
  const clock = createTurnClock(deps.clock, queue);
  const stores = new CacheStores(
    cacheDirectory === undefined ? null : { clock, log, directory: cacheDirectory },
  );
  const watch = new PolicyWatch(clock, log);
  const limits = new RateLimitState({ clock, log });
  const counters = new TestCounters();
  const tracing = new Tracing({
    ...{ clock, random },
    randomHex: createRandomHex(),
    cluster: (name) => tables?.clusters.get(name),
    toController: deps.sendSpans ?? (() => Promise.resolve(false)),
    address: () => tables?.node.addresses[0] ?? '',
  });
  const observer = new Observer(clock, () => tables, deps.sendObservations ?? (() => Promise.resolve(true)));
  const logExports = new LogExports({
    clock,
    cluster: (name) => tables?.clusters.get(name),
    node: () => tables?.node,
  });
  const telemetry = createTelemetry({
    exportLog: (collector) => logExports.to(collector),
    tables: () => tables,
    writeAccessLog: writeAccessLog ?? ((line, output) => process[output].write(line)),
    ...{ clock, log, stores, watch, limits, observer },
  });
  const acceptor = createAcceptor({
    ...{ clock, random, queue, telemetry, identity, watch },
    tables: () => tables,
  });
  const gateways = createGatewayPorts((socket, port) => {
    acceptor.accept(socket, 'gateway', { address: socket.localAddress ?? '', port });
  });
  const dns = createDnsClusters({
    clock,
    log,
    onChange: () => {
      if (snapshot !== null) swap(snapshot);
    },
  });
  const tlsServers = createTlsServers(log);
  const tableDeps: TableDeps = {
    ...{ random, clock, watch, limits, counters },
    ...(onUnknownKey !== undefined && { onUnknownKey }),
    createPool: (cluster, host, { usage, counters }) =>
      createPool(specForHost(cluster, host.spec), host.address, host.port, {
        ...{ clock, queue, usage, counters, identity },
      }),
    createPipeline: createHttpPipelineFactory({
      ...{ clock, random, telemetry, stores, counters, createRequestId: createRequestIds() },
      tracerFor: (side, node) => tracing.tracerFor(side, node),
    }),
    resolved: dns.resolved,
    lookAgain: dns.lookAgain,
    requestedNames: createRequestedNames({ clock, log }),
    createTlsServer: tlsServers.create,
    behind: createBehind(() => tables),
  };

  /** Makes the tables beside the old ones, replaces one reference, and lets go of what is no longer in them. */
  const swap = (next: Snapshot) => {
    const old = tables;
    const node = checkSnapshot(next);
    tlsServers.turn();
    const made = buildTables(next, node, old, tableDeps);
    tables = made;
    snapshot = next;
    secretFiles = secretFilesDigest(next.resources.secret);
    telemetry.configure(node);
    stores.configure(next);
    limits.configure(next);
    counters.configure(next);
    const isDead = ({ spec }: Host) => spec.workload !== '' && !made.workloadsByName.has(spec.workload);
    for (const [name, cluster] of old?.clusters ?? []) {
      const successor = made.clusters.get(name) ?? null;
      if (successor !== cluster) cluster.retire(successor, isDead);
    }
  };

  const apply = async (next: Snapshot) => {
    const node = checkSnapshot(next);
    const wanted = new Set<number>();
    for (const { direction, port } of next.resources.listener.values())
      if (direction === 'gateway') wanted.add(port);
    const ports = await gateways.prepare(wanted);
    await telemetry.prepare(node);
    await dns.watch(next.resources.cluster.values());
    try {
      swap(next);
    } catch (error) {
      ports.undo();
      throw error;
    }
    ports.commit();
  };

  /** Certificates that are files of this container may be renewed at any time. */
  const rereadSecretFiles = () => {
    if (snapshot !== null && secretFilesDigest(snapshot.resources.secret) !== secretFiles) swap(snapshot);
  };

  const sweep = () => {
    const now = clock.now();
    acceptor.sweep(now);
    for (const cluster of tables?.clusters.values() ?? []) cluster.sweep(now);
    rereadSecretFiles();
    clock.after(SWEEP_MS, sweep);
  };
  clock.after(SWEEP_MS, sweep);

  /** Spans and entries that wait are sent, if their collectors take them soon. */
  const lastWords = async () => {
    const patience = new Promise<void>((resolve) => clock.after(LAST_SPANS_MS, resolve));
    await Promise.race([Promise.all([tracing.flush(), logExports.flush(), observer.flush()]), patience]);
    dns.close();
    stores.close();
    for (const cluster of tables?.clusters.values() ?? []) cluster.retire(null, () => false);
  };

  const startedMs = clock.wall();
  const processFacts = () => {
    const { version = 'dev' } = deps;
    return { version, startedMs, nowMs: clock.wall(), identity, tracing, logExports };
  };

  return {
    apply(next) {
      const result = applying.then(() => apply(next));
      // The next one waits for this one whether it was refused or not.
      applying = result.catch(() => {});
      return result;
    },
    accept: (socket, capture) => acceptor.accept(socket, capture.direction, capture.originalDestination),
    drain(deadlineMs) {
      gateways.close();
      acceptor.drain();
      const endsAt = clock.now() + deadlineMs;
      return new Promise((resolve) => {
        const look = () => {
          if (acceptor.openCount > 0 && clock.now() < endsAt) {
            clock.after(DRAIN_LOOK_MS, look);
            return;
          }
          acceptor.destroy();
          void lastWords().then(resolve);
        };
        look();
      });
    },
    renderMetrics: (format = 'text') =>
      renderFamilies([...telemetry.families(), ...processMetrics(processFacts())], format),
    observer,
    reportTraffic: (isFirst) => telemetry.reportTraffic(isFirst),
    skipTraffic: () => telemetry.skipTraffic(),
  };
}
