import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { MetricFamily } from '../../base/metrics.ts';
import { BLACK_HOLE_CLUSTER } from '../../model/names.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { TrafficReport } from '../../model/traffic.ts';
import type { ExchangeTelemetry } from '../exchange/pipeline.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import type { CacheStores } from '../filters/cache-stores.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';
import type { RateLimitState } from '../filters/rate-limit-state.ts';
import type { Tables } from '../listener/tables.ts';
import type { TcpTelemetry } from '../listener/tcp-telemetry.ts';
import {
  type AccessLogs,
  createAccessLogs,
  type ExportLog,
  hasFilter,
  NO_ACCESS_LOGS,
  type WriteLine,
} from './access-logs.ts';
import { createBlockedHostsLog } from './blocked-hosts.ts';
import { createBrokenProtocolLog } from './broken-protocol.ts';
import { cacheMetrics } from './cache-metrics.ts';
import { clusterMetrics } from './cluster-metrics.ts';
import { type CompileExpression, loadExpressions } from './expressions.ts';
import { IstioMetrics } from './istio-metrics.ts';
import { createMetricRules, usesExpressions } from './metric-rules.ts';
import type { Observer } from './observer.ts';
import { policyMetrics } from './policy-metrics.ts';
import { rateLimitMetrics } from './rate-limit-metrics.ts';
import { createRefusedConnectionsLog } from './refused-connections.ts';
import { createRefusedPlaintextLog } from './refused-plaintext.ts';
import { tcpAccessRecord } from './tcp-access-record.ts';

export interface Telemetry extends ExchangeTelemetry, TcpTelemetry {
  /** Loads what {@link Telemetry.configure} will need for that snapshot. */
  prepare(node: NodeSpec): Promise<void>;
  /** Access logs and their formats, as the new snapshot says. */
  configure(node: NodeSpec): void;
  families(): readonly MetricFamily[];
  /** What changed since the last report, for the controller; null = nothing. */
  reportTraffic(isFirst: boolean): TrafficReport | null;
  /** What changed until now is told to nobody. */
  skipTraffic(): void;
}

export interface TelemetryDeps {
  readonly tables: () => Tables | null;
  readonly writeAccessLog: WriteLine;
  readonly exportLog: ExportLog;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stores: CacheStores;
  readonly watch: PolicyWatch;
  readonly limits: RateLimitState;
  /** For meshes of tests; default: nobody is told. */
  readonly observer?: Observer;
}

export function createTelemetry({
  tables,
  writeAccessLog,
  exportLog,
  clock,
  log,
  stores,
  watch,
  limits,
  observer,
}: TelemetryDeps): Telemetry {
  const metrics = new IstioMetrics(tables);
  const blocked = createBlockedHostsLog(clock, log);
  const refused = createRefusedConnectionsLog(clock, log);
  const plaintextRefused = createRefusedPlaintextLog(clock, log, (address) =>
    tables()?.workloads.get(address),
  );
  let accessLogs: AccessLogs = NO_ACCESS_LOGS;
  let compile: CompileExpression | null = null;
  let isObserved = false;
  return {
    get wantsRecords() {
      return accessLogs.isOn;
    },
    record(record: ExchangeRecord) {
      accessLogs.write(record);
    },
    count(sample) {
      metrics.countHttp(sample);
      if (isObserved) observer?.observe(sample);
      if (sample.clusterName !== BLACK_HOLE_CLUSTER) return;
      const { authority, peer } = sample;
      blocked({ host: authority, protocol: 'HTTP', ...peer.originalDestination });
    },
    tcpOpened: (peer, direction, cluster, host, relayed) =>
      metrics.openTcp(peer, direction, cluster, host, relayed),
    tcpClosed(peer, direction, record, serverName) {
      metrics.closeTcp(peer, direction, record);
      const node = tables()?.node;
      if (!accessLogs.isOn || node === undefined) return;
      const side = direction === 'inbound' ? 'server' : 'client';
      accessLogs.write(tcpAccessRecord(record, { side, node, peer, serverName, endedAtMs: clock.wall() }));
    },
    blocked,
    refused,
    plaintextRefused,
    protocolBroken: createBrokenProtocolLog(clock, log),
    async prepare(node) {
      const { client, server } = node.metrics ?? {};
      if (hasFilter(node.accessLogs) || usesExpressions(client) || usesExpressions(server))
        compile ??= await loadExpressions();
    },
    configure(node) {
      isObserved = node.isObserved === true;
      accessLogs = createAccessLogs(node.accessLogs, writeAccessLog, compile, exportLog);
      metrics.configure({
        client: createMetricRules(node.metrics?.client, compile),
        server: createMetricRules(node.metrics?.server, compile),
      });
    },
    families: () => [
      ...metrics.families,
      ...clusterMetrics(tables()?.clusters.values() ?? []),
      ...cacheMetrics(stores),
      ...policyMetrics(watch),
      ...rateLimitMetrics(limits),
    ],
    reportTraffic: (isFirst) => metrics.reporter.take(tables()?.clusters.values() ?? [], isFirst),
    skipTraffic: () => metrics.reporter.skip(),
  };
}
