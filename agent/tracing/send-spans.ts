import type { Clock } from '../../base/clock.ts';
import { encodeTraces } from '../../model/otlp.ts';
import type { Span } from '../../model/span.ts';
import type { TraceExporterSpec } from '../../model/telemetry.ts';
import type { RequestHead } from '../codec/head.ts';
import { ExternalCall } from '../exchange/external-call.ts';
import { unaryCall } from '../grpc/unary-call.ts';
import type { SendBatch } from '../telemetry/export-queue.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { zipkinSpans } from './zipkin.ts';

/** Sends spans; false = they did not arrive. */
export type SendSpans = SendBatch<Span>;

export interface SendSpansDeps {
  readonly clock: Clock;
  readonly cluster: (name: string) => Cluster | undefined;
  readonly toController: SendSpans;
  /** This proxy's own, for Zipkin. */
  readonly address: () => string;
}

type Collector = Exclude<TraceExporterSpec, { kind: 'controller' }>;

/** The collector's own proxy, where it has one, is not to trace this: that would never end. */
const NOT_SAMPLED = ['x-b3-sampled', '0'];
const GRPC_EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Takes spans to where a provider of MeshConfig says, over the mesh's own connections to that service. */
export function createSendSpans(spec: TraceExporterSpec, deps: SendSpansDeps): SendSpans {
  if (spec.kind === 'controller') return deps.toController;
  return (spans) =>
    new Promise((resolve) => {
      const cluster = deps.cluster(spec.cluster);
      if (cluster === undefined) resolve(false);
      else if (spec.kind === 'otlp-grpc') sendGrpc(cluster, spec, spans, deps, resolve);
      else sendHttp(cluster, spec, spans, deps, resolve);
    });
}

function sendGrpc(
  cluster: Cluster,
  { authority, headers, timeoutMs }: Collector & { kind: 'otlp-grpc' },
  spans: readonly Span[],
  { clock }: SendSpansDeps,
  onDone: (hasArrived: boolean) => void,
): void {
  const request = {
    path: GRPC_EXPORT,
    authority,
    headers: [...headers, ...NOT_SAMPLED],
    timeoutMs,
    message: encodeTraces(spans),
  };
  unaryCall(cluster, request, clock, ({ status }) => onDone(status === 0));
}

function sendHttp(
  cluster: Cluster,
  spec: Exclude<Collector, { kind: 'otlp-grpc' }>,
  spans: readonly Span[],
  { clock, address }: SendSpansDeps,
  onDone: (hasArrived: boolean) => void,
): void {
  const isZipkin = spec.kind === 'zipkin';
  const body = isZipkin ? Buffer.from(zipkinSpans(spans, address())) : encodeTraces(spans);
  const type = isZipkin ? 'application/json' : 'application/x-protobuf';
  const head: RequestHead = {
    ...{ method: 'POST', path: spec.path, authority: spec.authority, version: 'HTTP/1.1' },
    headers: ['content-type', type, ...NOT_SAMPLED, ...spec.headers],
    ...{ contentLength: body.length, upgrade: '', expectContinue: false },
  };
  const call = new ExternalCall(
    cluster,
    head,
    (answer) => {
      cancelTimer();
      onDone(answer !== null && answer.head.status < 300);
    },
    body,
  );
  const cancelTimer = clock.after(spec.timeoutMs, () => call.timeOut());
  call.start();
}
