import { parseDurationMs } from './duration.ts';
import { DEFAULT_MESH_CONFIG, type MeshConfig } from './mesh-config.ts';
import { EFFECTIVE_PROXY_CONFIG } from './proxy-config.ts';
import type { MeshConfigDocument } from './schema/mesh-config.ts';

/** Paths of MeshConfig that are in force here; whatever else a document says is without effect. */
export const EFFECTIVE_MESH_CONFIG: ReadonlySet<string> = new Set([
  'accessLogFile',
  'accessLogFormat',
  'accessLogEncoding',
  'enablePrometheusMerge',
  'defaultProviders.accessLogging',
  'defaultProviders.metrics',
  'defaultProviders.tracing',
  'enableTracing',
  ...[...EFFECTIVE_PROXY_CONFIG].map((field) => `defaultConfig.${field}`),
  ...['service', 'port', 'maxTagLength', 'path', 'traceContextOption', 'timeout', 'headers'].map(
    (field) => `extensionProviders.*.zipkin.${field}`,
  ),
  ...['service', 'port', 'maxTagLength', 'http', 'grpc'].map(
    (field) => `extensionProviders.*.opentelemetry.${field}`,
  ),
  'extensionProviders.*.prometheus',
  'extensionProviders.*.envoyFileAccessLog',
  'extensionProviders.*.envoyOtelAls',
  'outboundTrafficPolicy.mode',
  'outboundTrafficPolicy.tls',
  'inboundTrafficPolicy.mode',
  'discoverySelectors',
  'rootNamespace',
  'trustDomain',
  'enableAutoMtls',
  'trustDomainAliases',
  'extensionProviders.*.name',
  ...['envoyExtAuthzHttp', 'envoyExtAuthzGrpc'].flatMap((provider) =>
    [
      'service',
      'port',
      'timeout',
      'failOpen',
      'statusOnError',
      'clearRouteCache',
      'includeRequestBodyInCheck.maxRequestBytes',
      'includeRequestBodyInCheck.allowPartialMessage',
      'includeRequestBodyInCheck.packAsBytes',
    ].map((field) => `extensionProviders.*.${provider}.${field}`),
  ),
  ...[
    'pathPrefix',
    'includeHeadersInCheck',
    'includeRequestHeadersInCheck',
    'includeAdditionalHeadersInCheck',
    'headersToUpstreamOnAllow',
    'headersToDownstreamOnAllow',
    'headersToDownstreamOnDeny',
  ].map((field) => `extensionProviders.*.envoyExtAuthzHttp.${field}`),
  'defaultServiceExportTo',
  'defaultVirtualServiceExportTo',
  'defaultDestinationRuleExportTo',
  'pathNormalization.normalization',
  'connectTimeout',
  'protocolDetectionTimeout',
  ...['defaultHttpRetryPolicy', 'defaultInboundHttpRetryPolicy'].flatMap((policy) =>
    [
      'attempts',
      'perTryTimeout',
      'retryOn',
      'retryIgnorePreviousHosts',
      'retryRemoteLocalities',
      'backoff',
    ].map((field) => `${policy}.${field}`),
  ),
  'tcpKeepalive',
  'h2UpgradePolicy',
  'localityLbSetting',
  'zoneAwareLbSetting',
  'defaultTrafficPolicy.connectionPool.tcp',
  ...[
    'http1MaxPendingRequests',
    'http2MaxRequests',
    'maxRequestsPerConnection',
    'maxRetries',
    'idleTimeout',
    'h2UpgradePolicy',
    'useClientProtocol',
    'maxConcurrentStreams',
    'http2KeepAlive',
  ].map((field) => `defaultTrafficPolicy.connectionPool.http.${field}`),
  'defaultTrafficPolicy.outlierDetection',
]);

/** A MeshConfig document over the defaults: top-level fields override whole (ISTIO.md §7). */
export function readMeshConfig(document: MeshConfigDocument): MeshConfig {
  const defaults = DEFAULT_MESH_CONFIG;
  const ms = (text: string | undefined, fallback: number) =>
    text === undefined ? fallback : (parseDurationMs(text) ?? fallback);
  const normalization = document.pathNormalization?.normalization ?? 'DEFAULT';
  return {
    mergesMetrics: document.enablePrometheusMerge ?? defaults.mergesMetrics,
    accessLogFile: document.accessLogFile ?? defaults.accessLogFile,
    accessLogFormat: document.accessLogFormat ?? defaults.accessLogFormat,
    accessLogEncoding: document.accessLogEncoding ?? defaults.accessLogEncoding,
    defaultProviders: {
      accessLogging: document.defaultProviders?.accessLogging ?? defaults.defaultProviders.accessLogging,
      metrics: document.defaultProviders?.metrics ?? defaults.defaultProviders.metrics,
      tracing: document.defaultProviders?.tracing ?? defaults.defaultProviders.tracing,
    },
    enableTracing: document.enableTracing ?? defaults.enableTracing,
    outboundTrafficPolicy: readOutboundPolicy(document),
    outboundTls: document.outboundTrafficPolicy?.tls ?? null,
    pathNormalization: normalization === 'DEFAULT' ? 'BASE' : normalization,
    connectTimeoutMs: ms(document.connectTimeout, defaults.connectTimeoutMs),
    rootNamespace: document.rootNamespace ?? defaults.rootNamespace,
    trustDomain: document.trustDomain ?? defaults.trustDomain,
    enableAutoMtls: document.enableAutoMtls ?? defaults.enableAutoMtls,
    trustDomainAliases: document.trustDomainAliases ?? defaults.trustDomainAliases,
    extensionProviders: document.extensionProviders ?? defaults.extensionProviders,
    protocolDetectionTimeoutMs: ms(document.protocolDetectionTimeout, defaults.protocolDetectionTimeoutMs),
    defaultConfig: document.defaultConfig ?? defaults.defaultConfig,
    defaultServiceExportTo: document.defaultServiceExportTo ?? defaults.defaultServiceExportTo,
    defaultVirtualServiceExportTo:
      document.defaultVirtualServiceExportTo ?? defaults.defaultVirtualServiceExportTo,
    defaultDestinationRuleExportTo:
      document.defaultDestinationRuleExportTo ?? defaults.defaultDestinationRuleExportTo,
    discoverySelectors: document.discoverySelectors ?? defaults.discoverySelectors,
    inboundTrafficPolicy: document.inboundTrafficPolicy?.mode ?? defaults.inboundTrafficPolicy,
    defaultHttpRetryPolicy: document.defaultHttpRetryPolicy ?? null,
    defaultInboundHttpRetryPolicy: document.defaultInboundHttpRetryPolicy ?? null,
    tcpKeepalive: document.tcpKeepalive ?? defaults.tcpKeepalive,
    h2UpgradePolicy: document.h2UpgradePolicy ?? defaults.h2UpgradePolicy,
    localityLbSetting: document.localityLbSetting ?? defaults.localityLbSetting,
    zoneAwareLbSetting: document.zoneAwareLbSetting ?? null,
    defaultTrafficPolicy: document.defaultTrafficPolicy ?? defaults.defaultTrafficPolicy,
  };
}

/** A block without mode means its zero value, REGISTRY_ONLY. */
function readOutboundPolicy({ outboundTrafficPolicy: policy }: MeshConfigDocument) {
  if (policy === undefined) return DEFAULT_MESH_CONFIG.outboundTrafficPolicy;
  return policy.mode ?? 'REGISTRY_ONLY';
}
