import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LiveTcp } from '../agent/telemetry/live-tcp.ts';
import { MetricFamilies } from '../agent/telemetry/metric-families.ts';
import { TrafficReporter } from '../agent/telemetry/traffic-reporter.ts';
import { type Counter, formatLabels } from '../base/metrics.ts';
import { graphView } from '../controller/traffic/graph-view.ts';
import { readReport } from '../controller/traffic/read-report.ts';
import { edge, outcome, party, report } from '../controller/traffic/traffic.fixture.ts';
import { TrafficStore } from '../controller/traffic/traffic-store.ts';
import { nanosecondsPerCall } from './per-operation.ts';
import { markdownTable } from './table.ts';

const START = Date.UTC(2026, 0, 1);
const SERVICES = 50;
/** Each service calls so many others. */
const CALLED = 4;

/** Counters of a proxy that calls so many hosts, and answers as many callers. */
function proxyWith(edges: number) {
  const families = new MetricFamilies();
  const counters: Counter[] = [];
  for (let index = 0; index < edges; index++) {
    const side = index % 2 === 0 ? 'destination' : 'source';
    const name = `service-${String(index).padStart(3, '0')}`;
    const text = formatLabels([
      ['reporter', side === 'destination' ? 'source' : 'destination'],
      ...[`${side}_workload`, `${side}_canonical_service`].map((label): [string, string] => [label, name]),
      [`${side}_workload_namespace`, 'default'],
      [`${side}_version`, 'v1'],
      ['destination_principal', `spiffe://cluster.local/ns/default/sa/${name}`],
      ['destination_service', `${name}.default.svc.cluster.local`],
      ['connection_security_policy', 'mutual_tls'],
      ['request_protocol', 'http'],
      ['response_code', '200'],
      ['response_flags', '-'],
    ]);
    const counter = families.counter('REQUEST_COUNT', () => text);
    if (counter !== null) counters.push(counter);
    for (const metric of ['REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE'] as const)
      families.histogram(metric, () => text)?.observe(3);
  }
  const touch = () => {
    for (const counter of counters) {
      counter.value += 100;
      families.histogram('REQUEST_DURATION', () => counter.labels)?.observe(3);
      families.histogram('REQUEST_SIZE', () => counter.labels)?.observe(300);
      families.histogram('RESPONSE_SIZE', () => counter.labels)?.observe(3000);
    }
  };
  return { reporter: new TrafficReporter(families, new LiveTcp()), touch };
}

/** What the traffic of a proxy costs it and the wire, each second. */
function reports() {
  return [2, 10, 50].map((edges) => {
    const { reporter, touch } = proxyWith(edges);
    touch();
    reporter.take([], true);
    touch();
    const bytes = JSON.stringify(reporter.take([], false)).length;
    const idle = nanosecondsPerCall(() => reporter.take([], false)) / 1000;
    const busy = nanosecondsPerCall(() => {
      touch();
      return JSON.stringify(reporter.take([], false));
    });
    return { edges, bytes, idle, busy: busy / 1000 };
  });
}

/** A second of a mesh of 50 services in which everybody reports, as it arrives at the controller. */
function secondOf(services: number) {
  return Array.from({ length: services }, (_, index) => {
    const self = party(`service-${index}`);
    const others = Array.from({ length: CALLED }, (_, step) => (index + step + 1) % services);
    const told = others.flatMap((other) => [
      edge({
        ...{ peer: party(`service-${other}`), service: `service-${other}.default.svc.cluster.local` },
        ...{
          outcomes: [outcome(200, 100), outcome(503, 1)],
          durations: [
            [2, 90],
            [3, 11],
          ],
          sentBytes: 1e5,
        },
      }),
      edge({
        ...{
          reporter: 'destination' as const,
          peer: party(`service-${(index - (other - index) + services) % services}`),
        },
        ...{ service: `service-${index}.default.svc.cluster.local`, outcomes: [outcome(200, 100)] },
        durations: [[2, 100]],
      }),
    ]);
    return { reporter: { container: `c${index}`, self }, body: JSON.stringify(report(...told)) };
  });
}

function following() {
  const store = new TrafficStore(START);
  const second = secondOf(SERVICES);
  let nowMs = START;
  const heapBefore = heapUsed();
  // Fifteen minutes, so that the store is as full as it gets.
  for (; nowMs < START + 15 * 60_000; nowMs += 1000) take(store, second, nowMs);
  const memory = heapUsed() - heapBefore;
  const perReport =
    nanosecondsPerCall(() => {
      nowMs += 1000;
      return take(store, second, nowMs);
    }) / second.length;
  const view = (seconds: number) =>
    nanosecondsPerCall(() => graphView(store, new Map(), { nowMs, seconds, untilMs: nowMs }, () => true)) /
    1e6;
  return { perSecond: 1e9 / perReport, memory, graph: view(60), graphOf15: view(900), ...store.size };
}

function take(store: TrafficStore, second: ReturnType<typeof secondOf>, nowMs: number): void {
  for (const { reporter, body } of second) {
    const told = readReport(body);
    if (told !== null) store.add(reporter, told, nowMs);
  }
}

function heapUsed(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** In a process of its own, so that nothing else is in the figure. */
function spans(): { readonly megabytes: number; readonly perSecond: number; readonly searchMs: number } {
  const script = fileURLToPath(new URL('trace-memory.ts', import.meta.url));
  const args = ['--disable-warning=ExperimentalWarning', '--expose-gc', script];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

/** What the console costs: reports on the wire, and the controller that follows them and keeps traces. */
export function benchConsole() {
  const told = reports();
  const followed = following();
  const traced = spans();
  const table = [
    markdownTable([
      ['a proxy’s report, where all changed', 'bytes/s', 'CPU µs/s, busy', 'idle'],
      ...told.map((row) => [
        `${row.edges} edges`,
        String(row.bytes),
        row.busy.toFixed(0),
        row.idle.toFixed(1),
      ]),
    ]),
    markdownTable([
      [`the controller, ${SERVICES} services that each call ${CALLED} others`, ''],
      ['reports taken in by a core, each second', followed.perSecond.toFixed(0)],
      ['memory of 15 minutes of traffic, MB', (followed.memory / 1e6).toFixed(1)],
      ['graph of a minute, ms', followed.graph.toFixed(1)],
      ['graph of 15 minutes, ms', followed.graphOf15.toFixed(1)],
      ['100,000 spans: memory more than without, MB', traced.megabytes.toFixed(1)],
      ['spans taken in by a core, each second', traced.perSecond.toFixed(0)],
      ['search of them by service, status and header, ms', traced.searchMs.toFixed(1)],
    ]),
  ].join('\n\n');
  return { table, rows: { told, followed, traced } };
}
