import { z } from 'zod';
import { clientTls, tcpKeepalive } from './destination-rule.ts';
import { count, decimal, duration, exclusive, flag, integer, labels, text } from './scalars.ts';
import { readinessProbe } from './service-entry.ts';

/** mesh/v1alpha1/proxy.proto: `defaultConfig` of MeshConfig, and the annotation `proxy.istio.io/config`. */

const texts = z.array(text).optional();
const switchable = z.strictObject({ disabled: flag.optional() });
const enableable = z.strictObject({ enabled: flag.optional() });
const clientCertDetails = z.enum([
  'UNDEFINED',
  'SANITIZE',
  'FORWARD_ONLY',
  'APPEND_FORWARD',
  'SANITIZE_SET',
  'ALWAYS_FORWARD_ONLY',
]);
const keyProvider = z.strictObject({ pollDelay: duration.optional(), fallback: flag.optional() });
const remoteService = z.strictObject({
  address: text.optional(),
  tlsSettings: clientTls.optional(),
  tcpKeepalive: tcpKeepalive.optional(),
});

const customTag = exclusive(
  {
    literal: z.strictObject({ value: text.optional() }).optional(),
    environment: z.strictObject({ name: text.optional(), defaultValue: text.optional() }).optional(),
    header: z.strictObject({ name: text.optional(), defaultValue: text.optional() }).optional(),
  },
  ['literal', 'environment', 'header'],
);

const tracing = exclusive(
  {
    zipkin: z.strictObject({ address: text.optional() }).optional(),
    lightstep: z.strictObject({ address: text.optional(), accessToken: text.optional() }).optional(),
    datadog: z.strictObject({ address: text.optional() }).optional(),
    stackdriver: z
      .strictObject({
        debug: flag.optional(),
        maxNumberOfAttributes: integer.optional(),
        maxNumberOfAnnotations: integer.optional(),
        maxNumberOfMessageEvents: integer.optional(),
      })
      .optional(),
    openCensusAgent: z.strictObject({ address: text.optional(), context: texts }).optional(),
    customTags: z.record(z.string(), customTag).optional(),
    maxPathTagLength: count.optional(),
    sampling: decimal.optional(),
    tlsSettings: clientTls.optional(),
    enableIstioTags: flag.optional(),
  },
  ['zipkin', 'lightstep', 'datadog', 'stackdriver', 'openCensusAgent'],
);

const proxyHeaders = z.strictObject({
  forwardedClientCert: clientCertDetails.optional(),
  setCurrentClientCertDetails: z
    .strictObject({
      subject: flag.optional(),
      cert: flag.optional(),
      chain: flag.optional(),
      dns: flag.optional(),
      uri: flag.optional(),
    })
    .optional(),
  requestId: switchable.optional(),
  server: z.strictObject({ disabled: flag.optional(), value: text.optional() }).optional(),
  attemptCount: switchable.optional(),
  envoyDebugHeaders: switchable.optional(),
  metadataExchangeHeaders: z.strictObject({ mode: z.enum(['UNDEFINED', 'IN_MESH']).optional() }).optional(),
  preserveHttp1HeaderCase: flag.optional(),
  xForwardedHost: enableable.optional(),
  xForwardedPort: enableable.optional(),
});

const connectionSettings = z.strictObject({
  profile: z.enum(['SIDECAR', 'EDGE']).optional(),
  listenerPerConnectionBufferLimitBytes: integer.optional(),
  clusterPerConnectionBufferLimitBytes: integer.optional(),
  httpIdleTimeout: duration.optional(),
  httpMaxConnectionDuration: duration.optional(),
  httpDrainTimeout: duration.optional(),
  httpRequestTimeout: duration.optional(),
  httpRequestHeadersTimeout: duration.optional(),
  httpStreamIdleTimeout: duration.optional(),
  httpMaxStreamDuration: duration.optional(),
  httpMaxConcurrentStreams: integer.optional(),
  http2InitialStreamWindowSize: integer.optional(),
  http2InitialConnectionWindowSize: integer.optional(),
  httpHeadersWithUnderscoresAction: z
    .enum([
      'HEADERS_WITH_UNDERSCORES_UNSPECIFIED',
      'HEADERS_WITH_UNDERSCORES_ALLOW',
      'HEADERS_WITH_UNDERSCORES_REJECT_REQUEST',
      'HEADERS_WITH_UNDERSCORES_DROP_HEADER',
    ])
    .optional(),
  httpMergeSlashes: flag.optional(),
  httpPathWithEscapedSlashesAction: z
    .enum([
      'PATH_WITH_ESCAPED_SLASHES_UNSPECIFIED',
      'KEEP_UNCHANGED',
      'REJECT_REQUEST',
      'UNESCAPE_AND_REDIRECT',
      'UNESCAPE_AND_FORWARD',
    ])
    .optional(),
  listenerConnectionLimit: integer.optional(),
  globalDownstreamConnectionLimit: integer.optional(),
});

export const defaultConfig = exclusive(
  {
    configPath: text.optional(),
    binaryPath: text.optional(),
    serviceCluster: text.optional(),
    tracingServiceName: z
      .enum(['APP_LABEL_AND_NAMESPACE', 'CANONICAL_NAME_ONLY', 'CANONICAL_NAME_AND_NAMESPACE'])
      .optional(),
    drainDuration: duration.optional(),
    discoveryAddress: text.optional(),
    discoveryRefreshDelay: duration.optional(),
    zipkinAddress: text.optional(),
    statsdUdpAddress: text.optional(),
    envoyMetricsServiceAddress: text.optional(),
    proxyAdminPort: integer.optional(),
    availabilityZone: text.optional(),
    controlPlaneAuthPolicy: z.enum(['NONE', 'MUTUAL_TLS', 'INHERIT']).optional(),
    customConfigFile: text.optional(),
    statNameLength: integer.optional(),
    concurrency: integer.optional(),
    proxyBootstrapTemplatePath: text.optional(),
    interceptionMode: z.enum(['REDIRECT', 'TPROXY', 'NONE']).optional(),
    tracing: tracing.optional(),
    sds: z.strictObject({ enabled: flag.optional(), k8sSaJwtPath: text.optional() }).optional(),
    envoyAccessLogService: remoteService.optional(),
    envoyMetricsService: remoteService.optional(),
    proxyMetadata: labels.optional(),
    runtimeValues: labels.optional(),
    statusPort: integer.optional(),
    extraStatTags: texts,
    gatewayTopology: z
      .strictObject({
        numTrustedProxies: count.optional(),
        forwardClientCertDetails: clientCertDetails.optional(),
        proxyProtocol: z.strictObject({}).optional(),
      })
      .optional(),
    terminationDrainDuration: duration.optional(),
    meshId: text.optional(),
    readinessProbe: readinessProbe.optional(),
    proxyStatsMatcher: z
      .strictObject({ inclusionPrefixes: texts, inclusionSuffixes: texts, inclusionRegexps: texts })
      .optional(),
    holdApplicationUntilProxyStarts: flag.optional(),
    caCertificatesPem: texts,
    image: z.strictObject({ imageType: text.optional() }).optional(),
    privateKeyProvider: exclusive({ cryptomb: keyProvider.optional(), qat: keyProvider.optional() }, [
      'cryptomb',
      'qat',
    ]).optional(),
    proxyHeaders: proxyHeaders.optional(),
    fileFlushInterval: duration.optional(),
    fileFlushMinSizeKb: count.optional(),
    statsCompression: flag.optional(),
    connectionSettings: connectionSettings.optional(),
  },
  ['serviceCluster', 'tracingServiceName'],
);

export type ProxyConfig = z.infer<typeof defaultConfig>;
