import type { MeshConfig } from '../../istio/mesh-config.ts';
import type {
  ConnectionPool,
  LoadBalancer,
  OutlierDetection,
  Subset,
  TrafficPolicy,
} from '../../istio/schema/destination-rule.ts';
import {
  type CircuitBreakerSpec,
  type ClusterSpec,
  type ConnectionSpec,
  type OutlierSpec,
  UNLIMITED,
} from '../../model/cluster.ts';
import { milliseconds } from './http-policies.ts';

/** The blocks of a trafficPolicy that act on one cluster. */
export type PolicyBlocks = Pick<
  TrafficPolicy,
  'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'tls'
>;

/**
 * A subset's block replaces its parent's whole; a port's settings replace all four, absent ones by the defaults
 * (ISTIO.md §2.2).
 */
export function selectBlocks(
  policy: TrafficPolicy | undefined,
  subset: Subset | undefined,
  port: number,
): PolicyBlocks {
  const inner = subset?.trafficPolicy;
  const ofPort = (from: TrafficPolicy | undefined) =>
    from?.portLevelSettings?.find((settings) => settings.port?.number === port);
  const portLevel = ofPort(inner) ?? ofPort(policy);
  if (portLevel !== undefined) return portLevel;
  return {
    loadBalancer: inner?.loadBalancer ?? policy?.loadBalancer,
    connectionPool: inner?.connectionPool ?? policy?.connectionPool,
    outlierDetection: inner?.outlierDetection ?? policy?.outlierDetection,
    tls: inner?.tls ?? policy?.tls,
  };
}

export type PolicySpecs = Pick<
  ClusterSpec,
  'loadBalancer' | 'connectTimeoutMs' | 'circuitBreaker' | 'outlier' | 'connections'
>;

export function compilePolicy(blocks: PolicyBlocks, mesh: MeshConfig): PolicySpecs {
  const pool = blocks.connectionPool;
  const connectTimeout = pool?.tcp?.connectTimeout;
  return {
    loadBalancer: compileLoadBalancer(blocks.loadBalancer, blocks.outlierDetection),
    connectTimeoutMs: connectTimeout === undefined ? mesh.connectTimeoutMs : milliseconds(connectTimeout),
    circuitBreaker: compileCircuitBreaker(pool),
    outlier: compileOutlier(blocks.outlierDetection),
    connections: compileConnections(pool),
  };
}

const BALANCERS = {
  UNSPECIFIED: 'least-request',
  LEAST_CONN: 'least-request',
  LEAST_REQUEST: 'least-request',
  ROUND_ROBIN: 'round-robin',
  RANDOM: 'random',
  PASSTHROUGH: 'passthrough',
} as const;

function compileLoadBalancer(
  balancer: LoadBalancer | undefined,
  outlier: OutlierDetection | undefined,
): ClusterSpec['loadBalancer'] {
  return {
    policy: BALANCERS[balancer?.simple ?? 'UNSPECIFIED'],
    tableSize: 0,
    warmupMs: milliseconds(balancer?.warmup?.duration ?? balancer?.warmupDurationSecs),
    panicThreshold: outlier?.minHealthPercent ?? 0,
  };
}

/** 0 and absent mean no limit. */
function limit(value: number | undefined): number {
  return value === undefined || value === 0 ? UNLIMITED : value;
}

function compileCircuitBreaker(pool: ConnectionPool | undefined): CircuitBreakerSpec {
  return {
    maxConnections: limit(pool?.tcp?.maxConnections),
    maxPendingRequests: limit(pool?.http?.http1MaxPendingRequests),
    maxRequests: limit(pool?.http?.http2MaxRequests),
    maxRetries: limit(pool?.http?.maxRetries),
  };
}

const ONE_HOUR_MS = 3_600_000;

function compileConnections(pool: ConnectionPool | undefined): ConnectionSpec {
  const idle = pool?.http?.idleTimeout ?? pool?.tcp?.idleTimeout;
  const keepalive = pool?.tcp?.tcpKeepalive;
  return {
    maxRequestsPerConnection: pool?.http?.maxRequestsPerConnection ?? 0,
    idleTimeoutMs: idle === undefined ? ONE_HOUR_MS : milliseconds(idle),
    maxConnectionMs: milliseconds(pool?.tcp?.maxConnectionDuration),
    tcpKeepalive: keepalive === undefined ? null : { timeMs: milliseconds(keepalive.time) },
  };
}

function compileOutlier(outlier: OutlierDetection | undefined): OutlierSpec | null {
  if (outlier === undefined) return null;
  return {
    consecutive5xx: outlier.consecutive5xxErrors ?? 5,
    consecutiveGatewayErrors: outlier.consecutiveGatewayErrors ?? 0,
    consecutiveLocalOriginFailures: outlier.consecutiveLocalOriginFailures ?? 5,
    splitLocalOrigin: outlier.splitExternalLocalOriginErrors ?? false,
    intervalMs: outlier.interval === undefined ? 10_000 : milliseconds(outlier.interval),
    baseEjectionMs: outlier.baseEjectionTime === undefined ? 30_000 : milliseconds(outlier.baseEjectionTime),
    maxEjectionPercent: outlier.maxEjectionPercent ?? 10,
  };
}
