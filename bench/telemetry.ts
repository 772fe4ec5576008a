import { sendRequest } from '../agent/exchange/memory-codec.ts';
import { type MemoryProxyOptions, openProxy } from '../agent/exchange/pipeline.fixture.ts';
import type { ExchangeTelemetry } from '../agent/exchange/pipeline.ts';
import { createRequestIds } from '../agent/http/random-ids.ts';
import type { Tables } from '../agent/listener/tables.ts';
import { nodeSpec, routeSpec } from '../agent/snapshot.fixture.ts';
import { createAccessLogs } from '../agent/telemetry/access-logs.ts';
import { IstioMetrics } from '../agent/telemetry/istio-metrics.ts';
import { InFlight } from '../agent/tracing/in-flight.ts';
import { Tracer } from '../agent/tracing/tracer.ts';
import type { AccessLogSpec, TracingSpec } from '../model/telemetry.ts';
import { nanosecondsPerCall } from './per-operation.ts';
import { markdownTable } from './table.ts';

const HEADERS = ['user-agent', 'bench', 'accept', '*/*', 'x-request-id', ''];
const SILENT: ExchangeTelemetry = { wantsRecords: false, record() {}, count() {} };

const tracing: TracingSpec = {
  ...{ exporter: { kind: 'controller' }, samplingPercentage: 1, isReporting: true, usesRequestId: true },
  ...{ isPropagating: true, headers: 'both', tags: {}, hasIstioTags: true, service: 'shop.default' },
  maxTagLength: 256,
};
const accessLog: AccessLogSpec = {
  ...{ provider: 'envoy', output: 'stdout', omitsEmpty: false, filter: '' },
  format: { kind: 'text', text: null },
};

/** One request and its answer through the whole exchange, in memory. */
function requestThrough(options: MemoryProxyOptions): () => unknown {
  const { pipeline, tables, seen } = openProxy([routeSpec(['north'])], options);
  current = tables;
  const createId = createRequestIds();
  return () => {
    (seen as unknown[]).length = 0;
    const id = createId();
    // As it comes off the wire, or goes onto it: one piece.
    id.charCodeAt(0);
    return sendRequest(pipeline, { headers: [...HEADERS.slice(0, -1), id] });
  };
}

let current: Tables | null = null;

function metered(): ExchangeTelemetry {
  const metrics = new IstioMetrics(() => current);
  return { ...SILENT, count: (sample) => metrics.countHttp(sample) };
}

const tracer = (samplingPercentage: number): MemoryProxyOptions['tracerFor'] => {
  const randomHex = (bytes: number) => 'ab'.repeat(bytes);
  return (side) =>
    new Tracer({ ...tracing, samplingPercentage }, side, nodeSpec(), {
      ...{ random: Math.random, randomHex, inFlight: new InFlight() },
      report() {},
    });
};

function logged(): ExchangeTelemetry {
  const logs = createAccessLogs({ client: [accessLog], server: [] }, () => {}, null);
  return { ...metered(), wantsRecords: true, record: (record) => logs.write(record) };
}

const withTracer = (telemetry: ExchangeTelemetry, percentage: number): MemoryProxyOptions => {
  const tracerFor = tracer(percentage);
  return { telemetry, ...(tracerFor !== undefined && { tracerFor }) };
};

/** What each kind of telemetry adds to a request. */
export const TELEMETRY_OPERATIONS: Readonly<Record<string, () => unknown>> = {
  nothing: requestThrough({ telemetry: SILENT }),
  metrics: requestThrough({ telemetry: metered() }),
  'metrics, traces of no request': requestThrough(withTracer(metered(), 0)),
  'metrics, traces of 1 %': requestThrough(withTracer(metered(), 1)),
  'metrics, traces of all': requestThrough(withTracer(metered(), 100)),
  'metrics, access log': requestThrough({ telemetry: logged() }),
};

/** In one process, without the network: the difference to the first row is what a request pays. */
export function benchTelemetry() {
  const rows = Object.entries(TELEMETRY_OPERATIONS).map(([what, operation]) => {
    return { what, micros: nanosecondsPerCall(operation) / 1000 };
  });
  const base = rows[0]?.micros ?? 0;
  const table = markdownTable([
    ['telemetry', 'CPU µs/request', 'more than nothing'],
    ...rows.map(({ what, micros }) => [what, micros.toFixed(2), (micros - base).toFixed(2)]),
  ]);
  return { rows, table };
}
