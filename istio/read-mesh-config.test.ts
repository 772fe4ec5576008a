import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_MESH_CONFIG } from './mesh-config.ts';
import { EFFECTIVE_MESH_CONFIG, readMeshConfig } from './read-mesh-config.ts';
import { documentOf, read } from './testing/read-text.ts';

describe('MeshConfig', () => {
  it('of nothing is the default', () => {
    assert.deepEqual(readMeshConfig({}), DEFAULT_MESH_CONFIG);
  });

  it('overrides field by field', () => {
    const config = readMeshConfig({
      accessLogFile: '/dev/stdout',
      accessLogEncoding: 'JSON',
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      pathNormalization: { normalization: 'MERGE_SLASHES' },
      connectTimeout: '1.5s',
      protocolDetectionTimeout: '0s',
      defaultConfig: {
        gatewayTopology: { numTrustedProxies: 2 },
        holdApplicationUntilProxyStarts: true,
        terminationDrainDuration: '10s',
      },
    });
    assert.deepEqual(config, {
      ...DEFAULT_MESH_CONFIG,
      accessLogFile: '/dev/stdout',
      accessLogEncoding: 'JSON',
      outboundTrafficPolicy: 'REGISTRY_ONLY',
      pathNormalization: 'MERGE_SLASHES',
      connectTimeoutMs: 1500,
      protocolDetectionTimeoutMs: 0,
      defaultConfig: {
        gatewayTopology: { numTrustedProxies: 2 },
        holdApplicationUntilProxyStarts: true,
        terminationDrainDuration: '10s',
      },
    });
  });

  it('closes the mesh by a policy without mode, as the zero value does', () => {
    assert.equal(readMeshConfig({ outboundTrafficPolicy: {} }).outboundTrafficPolicy, 'REGISTRY_ONLY');
  });

  it('takes DEFAULT for BASE', () => {
    const { pathNormalization } = readMeshConfig({ pathNormalization: { normalization: 'DEFAULT' } });
    assert.equal(pathNormalization, 'BASE');
  });

  it('says of each field that has no effect', () => {
    const { violations, resources } = read(
      documentOf('MeshConfig', {
        ingressClass: 'istio',
        accessLogFile: '/dev/stdout',
        defaultConfig: { concurrency: 2, terminationDrainDuration: '5s' },
        extensionProviders: [{ name: 'datadog', datadog: { service: 'datadog', port: 8126 } }],
      }),
    );
    assert.equal(resources.length, 1);
    assert.deepEqual(
      violations.map(({ code, severity, path }) => `${severity} ${code} ${path}`),
      [
        'Warning LAT0005 ingressClass',
        'Warning LAT0005 defaultConfig.concurrency',
        'Warning LAT0005 extensionProviders[0].datadog',
      ],
    );
  });

  it('holds its blocks to the rules of a DestinationRule', () => {
    const { violations } = read(
      documentOf('MeshConfig', {
        localityLbSetting: { distribute: [{ from: 'a', to: { b: 99 } }] },
        defaultTrafficPolicy: { connectionPool: {}, outlierDetection: { maxEjectionPercent: 101 } },
      }),
    );
    assert.deepEqual(
      violations.map(({ severity, path }) => `${severity} ${path}`),
      [
        'Error localityLbSetting.distribute[0].to',
        'Error defaultTrafficPolicy.connectionPool',
        'Error defaultTrafficPolicy.outlierDetection.maxEjectionPercent',
      ],
    );
  });

  it('says so of none that has', () => {
    const retries = {
      perTryTimeout: '1s',
      retryIgnorePreviousHosts: true,
      retryRemoteLocalities: true,
      backoff: '10ms',
    };
    const authorizer = {
      ...{ service: 'door', port: 9000, timeout: '1s', failOpen: true, statusOnError: '503' },
      clearRouteCache: true,
      includeRequestBodyInCheck: { maxRequestBytes: 1, allowPartialMessage: true, packAsBytes: true },
    };
    const spec = {
      accessLogFile: '/dev/stdout',
      enablePrometheusMerge: true,
      accessLogFormat: '%PROTOCOL%',
      accessLogEncoding: 'TEXT',
      defaultProviders: { accessLogging: ['json'], metrics: ['prom'], tracing: ['zipkin'] },
      enableTracing: true,
      outboundTrafficPolicy: {
        mode: 'ALLOW_ANY_DYNAMIC_DNS',
        tls: { mode: 'SIMPLE', caCertificates: 'system' },
      },
      inboundTrafficPolicy: { mode: 'LOCALHOST' },
      discoverySelectors: [{ matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }],
      rootNamespace: 'mesh-root',
      trustDomain: 'shop.example',
      enableAutoMtls: false,
      defaultServiceExportTo: ['.'],
      defaultVirtualServiceExportTo: ['.'],
      defaultDestinationRuleExportTo: ['.'],
      pathNormalization: { normalization: 'NONE' },
      connectTimeout: '1s',
      protocolDetectionTimeout: '1s',
      defaultConfig: {
        tracingServiceName: 'CANONICAL_NAME_ONLY',
        tracing: { sampling: 1, customTags: {}, enableIstioTags: true, maxPathTagLength: 9 },
        gatewayTopology: { numTrustedProxies: 1, forwardClientCertDetails: 'SANITIZE', proxyProtocol: {} },
        holdApplicationUntilProxyStarts: true,
        terminationDrainDuration: '1s',
        proxyHeaders: {
          forwardedClientCert: 'SANITIZE',
          setCurrentClientCertDetails: { dns: true },
          ...{ requestId: { disabled: true }, server: { value: 'a' }, attemptCount: { disabled: true } },
          ...{ envoyDebugHeaders: { disabled: true }, xForwardedHost: { enabled: true } },
          xForwardedPort: { enabled: true },
        },
        connectionSettings: {
          ...{ profile: 'EDGE', httpRequestHeadersTimeout: '1s', httpMergeSlashes: true },
          httpHeadersWithUnderscoresAction: 'HEADERS_WITH_UNDERSCORES_DROP_HEADER',
          httpPathWithEscapedSlashesAction: 'REJECT_REQUEST',
        },
      },
      defaultHttpRetryPolicy: { attempts: 3, retryOn: 'gateway-error,404', ...retries },
      defaultInboundHttpRetryPolicy: { attempts: 3, retryOn: '5xx', ...retries },
      extensionProviders: [
        {
          name: 'asked-by-http',
          envoyExtAuthzHttp: {
            ...authorizer,
            ...{ pathPrefix: '/check', includeHeadersInCheck: ['a'], includeRequestHeadersInCheck: ['b'] },
            ...{ includeAdditionalHeadersInCheck: { c: 'd' }, headersToUpstreamOnAllow: ['e'] },
            ...{ headersToDownstreamOnAllow: ['f'], headersToDownstreamOnDeny: ['g'] },
          },
        },
        { name: 'asked-by-grpc', envoyExtAuthzGrpc: authorizer },
        {
          name: 'otel',
          envoyOtelAls: { service: 'a', port: 1, logName: 'b', logFormat: { text: '%PROTOCOL%' } },
        },
        { name: 'json', envoyFileAccessLog: { logFormat: { labels: { status: '%RESPONSE_CODE%' } } } },
        { name: 'prom', prometheus: {} },
        {
          name: 'zipkin',
          zipkin: {
            ...{ service: 'zipkin', port: 9411, maxTagLength: 9, path: '/spans', timeout: '1s' },
            ...{ traceContextOption: 'USE_B3', headers: [{ name: 'a', value: 'b' }] },
          },
        },
        {
          name: 'otel',
          opentelemetry: { service: 'otel', port: 4317, maxTagLength: 9, http: { path: '/' } },
        },
        { name: 'otel-grpc', opentelemetry: { service: 'otel', port: 4317, grpc: { timeout: '1s' } } },
      ],
      tcpKeepalive: { time: '1s' },
      h2UpgradePolicy: 'UPGRADE',
      localityLbSetting: { enabled: false },
      zoneAwareLbSetting: { enabled: true },
      defaultTrafficPolicy: {
        connectionPool: {
          tcp: { maxConnections: 1 },
          http: {
            ...{ http1MaxPendingRequests: 1, http2MaxRequests: 1, maxRequestsPerConnection: 1 },
            ...{ maxRetries: 1, idleTimeout: '1s', h2UpgradePolicy: 'DEFAULT', useClientProtocol: true },
            ...{ maxConcurrentStreams: 1, http2KeepAlive: { interval: '1s', timeout: '1s' } },
          },
        },
        outlierDetection: {},
      },
    };
    assert.deepEqual(read(documentOf('MeshConfig', spec)).violations, []);
    assert.equal(EFFECTIVE_MESH_CONFIG.size, 113);
  });

  it('holds its access logs to the operators that there are', () => {
    const { violations } = read(
      documentOf('MeshConfig', {
        accessLogFile: '/var/log/mesh.log',
        accessLogFormat: '%RESPONSE_COD% %CONNECTION_ID% 100%%',
        accessLogEncoding: 'JSON',
        extensionProviders: [
          {
            name: 'json',
            envoyFileAccessLog: { logFormat: { labels: { peer: { san: '%PEER_SAN_OF_MINE%' } } } },
          },
        ],
      }),
    );
    assert.deepEqual(
      violations.map(({ severity, path, message, remedy }) =>
        `${severity} ${path}: ${message} ${remedy}`.trim(),
      ),
      [
        'Warning accessLogFile: a proxy cannot write /var/log/mesh.log: its access log goes to its standard output Write /dev/stdout and read it with `lateen logs`.',
        "Error accessLogFormat: %RESPONSE_COD% is not one of Envoy's command operators Did you mean %RESPONSE_CODE%?",
        'Warning accessLogFormat: the operator %CONNECTION_ID% has no value in this version',
        `Error accessLogFormat: with accessLogEncoding JSON the format must be a JSON object E.g. \`accessLogFormat: '{"status": "%RESPONSE_CODE%"}'\`.`,
        "Error extensionProviders[0].envoyFileAccessLog.logFormat.labels.peer.san: %PEER_SAN_OF_MINE% is not one of Envoy's command operators",
      ],
    );
  });

  it('refuses a default retry policy as it refuses a route its retries', () => {
    const { violations } = read(
      documentOf('MeshConfig', {
        defaultHttpRetryPolicy: { attempts: 1, retryOn: '5xx, reset' },
        defaultInboundHttpRetryPolicy: { attempts: -1 },
      }),
    );
    assert.deepEqual(
      violations.map(({ severity, path }) => `${severity} ${path}`),
      ['Error defaultHttpRetryPolicy.retryOn', 'Error defaultInboundHttpRetryPolicy.attempts'],
    );
  });
});
