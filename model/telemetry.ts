/** The side of the traffic that a rule of Telemetry is about; a gateway is the client of what it calls. */
export type TrafficSide = 'client' | 'server';

/** What one provider of access logs writes (MeshConfig.extensionProviders, `envoyFileAccessLog`). */
export interface AccessLogSpec {
  readonly provider: string;
  readonly output: 'stdout' | 'stderr';
  readonly format: AccessLogFormatSpec;
  /** What is absent is left out: '' in place of `-`, and no key in JSON. */
  readonly omitsEmpty: boolean;
  /** CEL over Envoy's attributes: only what it is true for is logged; '' = everything. */
  readonly filter: string;
  /** It goes to a collector by OTLP, and not to `output` (`envoyOtelAls`). */
  readonly collector?: LogCollectorSpec;
}

/** OpenTelemetry's LogsService, over gRPC. */
export interface LogCollectorSpec {
  readonly cluster: string;
  readonly authority: string;
  /** Attribute `log_name` of what is logged. */
  readonly logName: string;
  /** Attributes of each entry, beside its body, which the format makes. */
  readonly attributes: JsonTemplate;
}

/** null = Istio's default of that encoding. */
export type AccessLogFormatSpec =
  | { readonly kind: 'text'; readonly text: string | null }
  | { readonly kind: 'json'; readonly fields: JsonTemplate | null };

/** JSON whose strings hold command operators. */
export type JsonTemplate = { readonly [key: string]: JsonTemplateValue };
export type JsonTemplateValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonTemplateValue[]
  | { readonly [key: string]: JsonTemplateValue };

export type AccessLogsSpec = Readonly<Record<TrafficSide, readonly AccessLogSpec[]>>;

/** Telemetry's names of Istio's standard metrics (telemetry/v1, MetricSelector.IstioMetric). */
export const ISTIO_METRICS = [
  'REQUEST_COUNT',
  'REQUEST_DURATION',
  'REQUEST_SIZE',
  'RESPONSE_SIZE',
  'TCP_OPENED_CONNECTIONS',
  'TCP_CLOSED_CONNECTIONS',
  'TCP_SENT_BYTES',
  'TCP_RECEIVED_BYTES',
  'GRPC_REQUEST_MESSAGES',
  'GRPC_RESPONSE_MESSAGES',
] as const;

export type IstioMetric = (typeof ISTIO_METRICS)[number];

/** How one side's metrics differ from Istio's standard. */
export interface MetricRulesSpec {
  /** Nothing is counted on this side. */
  readonly isOff: boolean;
  readonly overrides: Readonly<Partial<Record<IstioMetric, MetricOverrideSpec>>>;
}

export interface MetricOverrideSpec {
  readonly isDisabled: boolean;
  /** Labels that it does not have. */
  readonly removed: readonly string[];
  /** Labels whose value is of a CEL expression; new ones come last, by name. */
  readonly upserted: Readonly<Record<string, string>>;
}

/** Absent = Istio's standard metrics as they are. */
export type MetricsSpec = Readonly<Record<TrafficSide, MetricRulesSpec>>;

/** How one side's requests are traced. */
export interface TracingSpec {
  readonly exporter: TraceExporterSpec;
  /** 0 to 100, of requests whose caller has not decided. */
  readonly samplingPercentage: number;
  /** Spans are made and sent; without it the decision is passed on all the same. */
  readonly isReporting: boolean;
  /** The decision stands in `x-request-id`, so that every proxy takes the same. */
  readonly usesRequestId: boolean;
  /** Headers by which a trace is continued are written. */
  readonly isPropagating: boolean;
  readonly headers: TraceHeaders;
  /** What the user adds, by tag: a text with command operators, and what stands there when that is empty. */
  readonly tags: Readonly<Record<string, { readonly format: string; readonly otherwise: string }>>;
  /** Beside it the tags of Istio's own. */
  readonly hasIstioTags: boolean;
  /** The name of this proxy's service in traces. */
  readonly service: string;
  /** Longest value of a tag, in characters. */
  readonly maxTagLength: number;
}

export type TraceHeaders = 'b3' | 'w3c' | 'both';

export type TraceExporterSpec =
  /** The mesh's own store. */
  | { readonly kind: 'controller' }
  | {
      readonly kind: 'zipkin' | 'otlp-http';
      readonly cluster: string;
      readonly authority: string;
      readonly path: string;
      readonly headers: readonly string[];
      readonly timeoutMs: number;
    }
  | {
      readonly kind: 'otlp-grpc';
      readonly cluster: string;
      readonly authority: string;
      readonly headers: readonly string[];
      readonly timeoutMs: number;
    };

/** null = that side is not traced. */
export type TracingBySide = Readonly<Record<TrafficSide, TracingSpec | null>>;
