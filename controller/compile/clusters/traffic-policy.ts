import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type {
  ConnectionPool,
  OutlierDetection,
  Subset,
  TcpKeepalive,
  TrafficPolicy,
} from '../../../istio/schema/destination-rule.ts';
import {
  type CircuitBreakerSpec,
  type ClusterSpec,
  type ConnectionSpec,
  type OutlierSpec,
  UNLIMITED,
} from '../../../model/cluster.ts';
import { milliseconds } from '../routes/http-policies.ts';
import { compileLoadBalancer } from './load-balancer.ts';

/** The blocks of a trafficPolicy that act on one cluster. */
export type PolicyBlocks = Pick<
  TrafficPolicy,
  'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'tls' | 'retryBudget' | 'proxyProtocol'
>;

/**
 * A subset's block replaces its parent's whole; a port's settings replace the four blocks that they know, absent ones
 * by the defaults (ISTIO.md §2.2). Retry budget and PROXY header are no blocks of a port: its settings drop those beside
 * them.
 */
export function selectBlocks(
  policy: TrafficPolicy | undefined,
  subset: Subset | undefined,
  port: number,
): PolicyBlocks {
  const parent = atPort(policy, port);
  const inner = atPort(subset?.trafficPolicy, port);
  const retryBudget = inner?.retryBudget ?? parent?.retryBudget;
  const proxyProtocol = inner?.proxyProtocol ?? parent?.proxyProtocol;
  if (inner !== undefined && inner !== subset?.trafficPolicy) return { ...inner, retryBudget, proxyProtocol };
  return {
    loadBalancer: inner?.loadBalancer ?? parent?.loadBalancer,
    connectionPool: inner?.connectionPool ?? parent?.connectionPool,
    outlierDetection: inner?.outlierDetection ?? parent?.outlierDetection,
    tls: inner?.tls ?? parent?.tls,
    retryBudget,
    proxyProtocol,
  };
}

/** The settings of that port, if it has some of its own. */
function atPort(policy: TrafficPolicy | undefined, port: number): PolicyBlocks | undefined {
  return policy?.portLevelSettings?.find((settings) => settings.port?.number === port) ?? policy;
}

/** MeshConfig.defaultTrafficPolicy: what holds where no rule has the block. */
export function withMeshDefaults(blocks: PolicyBlocks, { defaultTrafficPolicy }: MeshConfig): PolicyBlocks {
  return {
    ...blocks,
    connectionPool: blocks.connectionPool ?? defaultTrafficPolicy.connectionPool,
    outlierDetection: blocks.outlierDetection ?? defaultTrafficPolicy.outlierDetection,
  };
}

export type PolicySpecs = Pick<
  ClusterSpec,
  'loadBalancer' | 'connectTimeoutMs' | 'circuitBreaker' | 'outlier' | 'connections' | 'proxyProtocol'
>;

export function compilePolicy(blocks: PolicyBlocks, mesh: MeshConfig): PolicySpecs {
  const pool = blocks.connectionPool;
  const connectTimeout = pool?.tcp?.connectTimeout;
  return {
    loadBalancer: compileLoadBalancer(blocks.loadBalancer, blocks.outlierDetection),
    connectTimeoutMs: connectTimeout === undefined ? mesh.connectTimeoutMs : milliseconds(connectTimeout),
    circuitBreaker: compileCircuitBreaker(pool, blocks.retryBudget),
    outlier: compileOutlier(blocks.outlierDetection),
    connections: compileConnections(pool, mesh),
    ...(blocks.proxyProtocol !== undefined && { proxyProtocol: blocks.proxyProtocol.version ?? 'V1' }),
  };
}

/** 0 and absent mean no limit. */
function limit(value: number | undefined): number {
  return value === undefined || value === 0 ? UNLIMITED : value;
}

function compileCircuitBreaker(
  pool: ConnectionPool | undefined,
  budget: TrafficPolicy['retryBudget'],
): CircuitBreakerSpec {
  return {
    maxConnections: limit(pool?.tcp?.maxConnections),
    maxPendingRequests: limit(pool?.http?.http1MaxPendingRequests),
    maxRequests: limit(pool?.http?.http2MaxRequests),
    maxRetries: limit(pool?.http?.maxRetries),
    retryBudget:
      budget === undefined
        ? null
        : {
            percent: budget.percent ?? 20,
            // 0 is as if it were not there (Istio's applyRetryBudget).
            minConcurrency: budget.minRetryConcurrency || 3,
            intervalMs: milliseconds(budget.budgetInterval),
          },
  };
}

const ONE_HOUR_MS = 3_600_000;

function compileConnections(pool: ConnectionPool | undefined, mesh: MeshConfig): ConnectionSpec {
  const { tcp, http } = pool ?? {};
  const idleMs = (duration: string | undefined) =>
    duration === undefined ? ONE_HOUR_MS : milliseconds(duration);
  return {
    maxRequestsPerConnection: http?.maxRequestsPerConnection ?? 0,
    idleTimeoutMs: idleMs(http?.idleTimeout ?? tcp?.idleTimeout),
    maxConnectionMs: milliseconds(tcp?.maxConnectionDuration),
    tcpKeepalive: compileKeepalive(tcp?.tcpKeepalive, mesh.tcpKeepalive),
    maxConcurrentStreams: http?.maxConcurrentStreams ?? 0,
    http2KeepAlive: compileHttp2KeepAlive(http?.http2KeepAlive),
  };
}

function compileHttp2KeepAlive(
  keepAlive: { readonly interval?: string | undefined; readonly timeout?: string | undefined } | undefined,
): ConnectionSpec['http2KeepAlive'] {
  if (keepAlive === undefined) return null;
  return { intervalMs: milliseconds(keepAlive.interval), timeoutMs: milliseconds(keepAlive.timeout) };
}

/** Each attribute by itself: the rule's over the mesh's; 0 leaves it to the system (ISTIO.md §2.4). */
function compileKeepalive(
  ofRule: TcpKeepalive | undefined,
  ofMesh: TcpKeepalive | null,
): ConnectionSpec['tcpKeepalive'] {
  if (ofRule === undefined && ofMesh === null) return null;
  return {
    timeMs: milliseconds(ofRule?.time ?? ofMesh?.time),
    intervalMs: milliseconds(ofRule?.interval ?? ofMesh?.interval),
    probes: ofRule?.probes ?? ofMesh?.probes ?? 0,
  };
}

const DEFAULT_INTERVAL = '10s';
const DEFAULT_EJECTION_TIME = '30s';

/** Envoy's defaults; gateway errors put nobody out unless they are asked for (ISTIO.md §2.5). */
function compileOutlier(outlier: OutlierDetection | undefined): OutlierSpec | null {
  if (outlier === undefined) return null;
  return {
    consecutive5xx: outlier.consecutive5xxErrors ?? 5,
    consecutiveGatewayErrors: outlier.consecutiveGatewayErrors ?? 0,
    consecutiveLocalOriginFailures: outlier.consecutiveLocalOriginFailures ?? 5,
    splitLocalOrigin: outlier.splitExternalLocalOriginErrors ?? false,
    intervalMs: milliseconds(outlier.interval ?? DEFAULT_INTERVAL),
    baseEjectionMs: milliseconds(outlier.baseEjectionTime ?? DEFAULT_EJECTION_TIME),
    // 0 is as if it were not there (Istio's applyOutlierDetection).
    maxEjectionPercent: outlier.maxEjectionPercent || 10,
    errorStatuses: outlier.outlierDetectionHttpErrorCodes ?? [],
  };
}
