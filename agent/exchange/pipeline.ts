import type { Clock } from '../../base/clock.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { RouteTable } from '../policy/route-table.ts';
import type { Host } from '../upstream/host.ts';
import type { Filter } from './filter.ts';
import type { ExchangeRecord, RecordSource } from './record.ts';
import type { RouteEntry } from './route-entry.ts';
import type { DownstreamPeer } from './streams.ts';
import type { ExchangeTracer } from './tracing.ts';

/** What every exchange of one listener shares. Made anew by each snapshot; an exchange keeps the one it began with. */
export interface HttpPipeline {
  readonly direction: 'inbound' | 'outbound' | 'gateway';
  readonly routes: RouteTable<RouteEntry>;
  readonly filters: readonly Filter[];
  /** So many of the filters come first, whether a route was found or not: who may call, is asked before what. */
  readonly guardCount: number;
  /** Those of the filters that see answers, and those that want to hear of the end. */
  readonly responders: readonly Required<Pick<Filter, 'onResponse'>>[];
  readonly enders: readonly Required<Pick<Filter, 'onEnd'>>[];
  /** null = this side is not traced. */
  readonly tracer: ExchangeTracer | null;
  readonly node: NodeSpec;
  readonly services: ExchangeServices;
}

export interface ExchangeServices {
  readonly clock: Clock;
  readonly random: () => number;
  /** A UUID (RFC 9562, version 4). */
  readonly createRequestId: () => string;
  /** RFC 9110 §5.6.7, the current second. */
  readonly httpDate: () => string;
  readonly telemetry: ExchangeTelemetry;
}

/** Told once per exchange. `record` is called only if `wantsRecords` is true then. */
export interface ExchangeTelemetry {
  readonly wantsRecords: boolean;
  record(record: ExchangeRecord, pipeline: HttpPipeline): void;
  count(sample: ExchangeSample): void;
}

/** One finished exchange as metrics need it. */
export interface ExchangeSample {
  /** For what a rule of Telemetry wants to know beside the rest. */
  exchange: RecordSource;
  pipeline: HttpPipeline;
  peer: DownstreamPeer;
  host: Host | null;
  clusterName: string;
  authority: string;
  /** '' = it is not traced. */
  traceId: string;
  status: number;
  flags: string;
  /** null = no gRPC call. */
  grpc: GrpcSample | null;
  durationMs: number;
  requestBytes: number;
  responseBytes: number;
}

export interface GrpcSample {
  /** '' = there was no answer. */
  readonly status: string;
  readonly requestMessages: number;
  readonly responseMessages: number;
}
