import { z } from 'zod';
import { count, duration, exclusive, flag, integer, labels, text } from './scalars.ts';

/** mesh/v1alpha1/config.proto: MeshConfig.ExtensionProvider, what Telemetry and AuthorizationPolicy name. */

const texts = z.array(text).optional();
const address = { service: text.optional(), port: count.optional() };
const empty = z.strictObject({});
const maxTagLength = count.optional();

const requestBody = z.strictObject({
  maxRequestBytes: count.optional(),
  allowPartialMessage: flag.optional(),
  packAsBytes: flag.optional(),
});

const httpHeader = exclusive({ name: text.optional(), value: text.optional(), envName: text.optional() }, [
  'value',
  'envName',
]);

const httpService = z.strictObject({
  path: text.optional(),
  timeout: duration.optional(),
  headers: z.array(httpHeader).optional(),
});

/** `labels` is a google.protobuf.Struct: any JSON. */
const logFormat = exclusive({ text: text.optional(), labels: z.record(z.string(), z.unknown()).optional() }, [
  'text',
  'labels',
]);

const extAuthz = {
  ...address,
  timeout: duration.optional(),
  failOpen: flag.optional(),
  clearRouteCache: flag.optional(),
  statusOnError: text.optional(),
  includeRequestBodyInCheck: requestBody.optional(),
};

const providers = {
  envoyExtAuthzHttp: z.strictObject({
    ...extAuthz,
    pathPrefix: text.optional(),
    includeHeadersInCheck: texts,
    includeRequestHeadersInCheck: texts,
    includeAdditionalHeadersInCheck: labels.optional(),
    headersToUpstreamOnAllow: texts,
    headersToDownstreamOnDeny: texts,
    headersToDownstreamOnAllow: texts,
  }),
  envoyExtAuthzGrpc: z.strictObject(extAuthz),
  zipkin: z.strictObject({
    ...address,
    maxTagLength,
    enable64bitTraceId: flag.optional(),
    path: text.optional(),
    traceContextOption: z.enum(['USE_B3', 'USE_B3_WITH_W3C_PROPAGATION']).optional(),
    timeout: duration.optional(),
    headers: z.array(httpHeader).optional(),
  }),
  lightstep: z.strictObject({ ...address, accessToken: text.optional(), maxTagLength }),
  datadog: z.strictObject({ ...address, maxTagLength }),
  stackdriver: z.strictObject({
    debug: flag.optional(),
    maxNumberOfAttributes: integer.optional(),
    maxNumberOfAnnotations: integer.optional(),
    maxNumberOfMessageEvents: integer.optional(),
    maxTagLength,
    logging: z.strictObject({ labels: labels.optional() }).optional(),
  }),
  opencensus: z.strictObject({
    ...address,
    context: z
      .array(z.enum(['UNSPECIFIED', 'W3C_TRACE_CONTEXT', 'GRPC_BIN', 'CLOUD_TRACE_CONTEXT', 'B3']))
      .optional(),
    maxTagLength,
  }),
  skywalking: z.strictObject({ ...address, accessToken: text.optional() }),
  opentelemetry: z.strictObject({
    ...address,
    maxTagLength,
    http: httpService.optional(),
    grpc: z
      .strictObject({ timeout: duration.optional(), initialMetadata: z.array(httpHeader).optional() })
      .optional(),
    resourceDetectors: z
      .strictObject({ environment: empty.optional(), dynatrace: empty.optional() })
      .optional(),
    serviceAttributeEnrichment: z.enum(['ISTIO_CANONICAL', 'OTEL_SEMANTIC_CONVENTIONS']).optional(),
    dynatraceSampler: z
      .strictObject({
        tenant: text.optional(),
        clusterId: integer.optional(),
        rootSpansPerMinute: count.optional(),
        httpService: z.strictObject({ ...address, http: httpService.optional() }).optional(),
      })
      .optional(),
  }),
  prometheus: empty,
  envoyFileAccessLog: z.strictObject({
    path: text.optional(),
    logFormat: logFormat.optional(),
    omitEmptyValues: flag.optional(),
  }),
  envoyHttpAls: z.strictObject({
    ...address,
    logName: text.optional(),
    filterStateObjectsToLog: texts,
    additionalRequestHeadersToLog: texts,
    additionalResponseHeadersToLog: texts,
    additionalResponseTrailersToLog: texts,
  }),
  envoyTcpAls: z.strictObject({ ...address, logName: text.optional(), filterStateObjectsToLog: texts }),
  envoyOtelAls: z.strictObject({
    ...address,
    logName: text.optional(),
    logFormat: z
      .strictObject({ text: text.optional(), labels: z.record(z.string(), z.unknown()).optional() })
      .optional(),
  }),
  sds: z.strictObject({ name: text.optional(), ...address }),
};

export const extensionProvider = exclusive(
  {
    name: text.optional(),
    envoyExtAuthzHttp: providers.envoyExtAuthzHttp.optional(),
    envoyExtAuthzGrpc: providers.envoyExtAuthzGrpc.optional(),
    zipkin: providers.zipkin.optional(),
    lightstep: providers.lightstep.optional(),
    datadog: providers.datadog.optional(),
    stackdriver: providers.stackdriver.optional(),
    opencensus: providers.opencensus.optional(),
    skywalking: providers.skywalking.optional(),
    opentelemetry: providers.opentelemetry.optional(),
    prometheus: providers.prometheus.optional(),
    envoyFileAccessLog: providers.envoyFileAccessLog.optional(),
    envoyHttpAls: providers.envoyHttpAls.optional(),
    envoyTcpAls: providers.envoyTcpAls.optional(),
    envoyOtelAls: providers.envoyOtelAls.optional(),
    sds: providers.sds.optional(),
  },
  Object.keys(providers) as (keyof typeof providers)[],
);

export type ExtensionProvider = z.infer<typeof extensionProvider>;
