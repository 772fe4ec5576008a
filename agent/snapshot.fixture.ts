import type { AuthenticationSpec } from '../model/authentication.ts';
import type { AuthorizationSpec } from '../model/authorization.ts';
import { type ClusterSpec, endpointsNameOf, UNLIMITED } from '../model/cluster.ts';
import type { EndpointSpec } from '../model/endpoint.ts';
import type { ListenerSpec } from '../model/listener.ts';
import type { NodeSpec } from '../model/node.ts';
import type { RateLimitsSpec } from '../model/rate-limit.ts';
import type { RouteActionSpec, RouteSpec } from '../model/route.ts';
import { emptyResources, type Snapshot } from '../model/snapshot.ts';
import type { AccessLogSpec, AccessLogsSpec } from '../model/telemetry.ts';

/** Snapshots for tests of the data path: small, with Istio's defaults where nothing is said. */

export const DEFAULT_RETRY = {
  ...{ attempts: 2, statusCodes: [], perTryTimeoutMs: 0, backoffMs: 25, hostSelectionAttempts: 5 },
  leavesTriedPriorities: false,
  retryOn: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
};

export function nodeSpec(change: Partial<NodeSpec> = {}): NodeSpec {
  return {
    ...{ id: 'sidecar~client.default', kind: 'sidecar', name: 'client', namespace: 'default', labels: {} },
    ...{ serviceAccount: 'client', canonicalService: 'client', canonicalRevision: 'latest', meshId: 'm' },
    ...{ addresses: ['10.1.0.1'], pathNormalization: 'BASE', protocolDetectionTimeoutMs: 300 },
    ...{ numTrustedProxies: 0, drainMs: 5000, accessLogs: { client: [], server: [] } },
    ...change,
  };
}

/** An access log of both sides in a format of its own. */
export function textLog(text: string): AccessLogsSpec {
  const log: AccessLogSpec = {
    ...{ provider: 'envoy', output: 'stdout', omitsEmpty: false, filter: '' },
    format: { kind: 'text', text },
  };
  return { client: [log], server: [log] };
}

export function endpointSpec(port: number, change: Partial<EndpointSpec> = {}): EndpointSpec {
  return {
    ...{ address: '127.0.0.1', port, weight: 1, health: 'healthy', locality: '', priority: 0 },
    ...{ workload: '', mutualTls: false },
    ...change,
  };
}

export function clusterSpec(name: string, change: Partial<ClusterSpec> = {}): ClusterSpec {
  return {
    name,
    discovery: { kind: 'endpoints', endpoints: name },
    protocol: 'http1',
    loadBalancer: {
      ...{ policy: 'least-request', tableSize: 0, hashesSourceIp: false, warmup: null, panicThreshold: 0 },
    },
    connectTimeoutMs: 10_000,
    circuitBreaker: {
      ...{ maxConnections: UNLIMITED, maxPendingRequests: UNLIMITED },
      ...{ maxRequests: UNLIMITED, maxRetries: UNLIMITED, retryBudget: null },
    },
    outlier: null,
    connections: {
      ...{ maxRequestsPerConnection: 0, idleTimeoutMs: 3_600_000, maxConnectionMs: 0 },
      ...{ tcpKeepalive: null, maxConcurrentStreams: 0, http2KeepAlive: null },
    },
    tls: null,
    service: { hostname: `${name}.default.svc.cluster.local`, name, namespace: 'default' },
    ...change,
  };
}

export function routeSpec(
  clusters: readonly string[],
  change: Partial<RouteSpec> = {},
  action: Partial<RouteActionSpec> = {},
): RouteSpec {
  const targets = clusters.map((name) => ({
    ...{ name, weight: 1, requestHeaders: null, responseHeaders: null, authority: null },
  }));
  return {
    name: 'default',
    match: { path: null, headers: [], queryParams: [] },
    action: {
      ...{ kind: 'route', clusters: targets, timeoutMs: 0, retry: DEFAULT_RETRY, rewrite: null },
      ...{ mirrors: [], hash: [] },
      ...action,
    },
    ...{ requestHeaders: null, responseHeaders: null, fault: null, cors: null, cache: null },
    ...{ decorator: '', rule: '' },
    ...change,
  };
}

export function listenerSpec(change: Partial<ListenerSpec> = {}): ListenerSpec {
  return {
    ...{ name: '0.0.0.0_9080', direction: 'outbound', port: 9080, addresses: [], protocol: 'http' },
    ...{ route: '9080', tcp: null },
    ...change,
  };
}

export interface SnapshotParts {
  readonly node?: NodeSpec;
  readonly listeners?: readonly ListenerSpec[];
  /** Of the virtual host `*` of route config `9080`. */
  readonly routes?: readonly RouteSpec[];
  readonly clusters?: readonly (readonly [ClusterSpec, readonly EndpointSpec[]])[];
  readonly authentication?: readonly AuthenticationSpec[];
  readonly authorization?: readonly AuthorizationSpec[];
  readonly rateLimit?: readonly RateLimitsSpec[];
}

export function snapshotOf({ node, listeners, routes, clusters, ...policies }: SnapshotParts): Snapshot {
  const resources = emptyResources();
  for (const spec of policies.authentication ?? []) resources.authentication.set(spec.name, spec);
  for (const spec of policies.authorization ?? []) resources.authorization.set(spec.name, spec);
  for (const spec of policies.rateLimit ?? []) resources.rateLimit.set(spec.name, spec);
  resources.node.set('self', node ?? nodeSpec());
  for (const spec of listeners ?? [listenerSpec()]) resources.listener.set(spec.name, spec);
  resources.route.set('9080', {
    name: '9080',
    virtualHosts: [{ name: 'any', domains: ['*'], routes: routes ?? [] }],
  });
  for (const [spec, endpoints] of clusters ?? []) {
    resources.cluster.set(spec.name, spec);
    const name = endpointsNameOf(spec.discovery);
    if (name !== null) resources.endpoint.set(name, { name, endpoints, localityWeights: null });
  }
  return { resources };
}
