import { Counter, counters, formatLabels, gauges, type MetricFamily } from '../../base/metrics.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { LogExports } from './log-exports.ts';

export interface ProcessFacts {
  readonly version: string;
  /** Wall clock, ms. */
  readonly nowMs: number;
  readonly startedMs: number;
  readonly identity: MeshIdentity | undefined;
  readonly tracing: Pick<Tracing, 'counts'>;
  readonly logExports: Pick<LogExports, 'counts'>;
}

const DAY_MS = 86_400_000;

/** Envoy's `server` statistics, and what istio-agent tells of its own process, as far as they mean something here. */
export function processMetrics(facts: ProcessFacts): MetricFamily[] {
  const { version, nowMs, startedMs, identity } = facts;
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const one = (value: number, labels: readonly (readonly [string, string])[] = []) => [
    new Counter(formatLabels(labels), value),
  ];
  const build = [['component', 'proxy'] as const, ['tag', version] as const];
  const validMs = identity?.held?.validUntilMs;
  return [
    gauges('istio_build', 'Which version runs.', one(1, build)),
    gauges('envoy_server_live', '1 = it serves.', one(1)),
    gauges('envoy_server_uptime', 'Seconds since the start.', one(Math.floor((nowMs - startedMs) / 1000))),
    gauges('envoy_server_concurrency', 'Threads that serve.', one(1)),
    gauges('envoy_server_memory_allocated', 'Bytes of objects.', one(heapUsed)),
    gauges('envoy_server_memory_physical_size', 'Bytes of memory in use.', one(rss)),
    gauges(
      'envoy_server_days_until_first_cert_expiring',
      'Days that the certificate of the mesh is good for.',
      validMs === undefined ? [] : one(Math.floor((validMs - nowMs) / DAY_MS)),
    ),
    counters(
      'istio_agent_process_cpu_seconds_total',
      'CPU time of the proxy.',
      one((user + system) / 1_000_000),
    ),
    gauges('istio_agent_process_resident_memory_bytes', 'Memory of the proxy.', one(rss)),
    gauges('istio_agent_process_start_time_seconds', 'When the proxy started.', one(startedMs / 1000)),
    counters(
      'lateen_spans_total',
      'Spans for a collector, by what became of them.',
      resultsOf(facts.tracing.counts()),
    ),
    counters(
      'lateen_log_entries_total',
      'Entries of access logs for a collector, by what became of them.',
      resultsOf(facts.logExports.counts()),
    ),
  ];
}

function resultsOf(counts: Readonly<Record<'sent' | 'dropped', number>>): Counter[] {
  return Object.entries(counts).map(
    ([result, count]) => new Counter(formatLabels([['result', result]]), count),
  );
}
