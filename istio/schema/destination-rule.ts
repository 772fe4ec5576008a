import { z } from 'zod';
import { count, decimal, duration, exclusive, flag, integer, labels, portSelector, text } from './scalars.ts';

/** networking/v1/destination_rule.proto */

export const LOAD_BALANCERS = [
  'UNSPECIFIED',
  'LEAST_CONN',
  'LEAST_REQUEST',
  'ROUND_ROBIN',
  'RANDOM',
  'PASSTHROUGH',
] as const;

const failover = z.array(z.strictObject({ from: text.optional(), to: text.optional() })).optional();

export const localityLbSetting = z.strictObject({
  distribute: z
    .array(z.strictObject({ from: text.optional(), to: z.record(z.string(), count).optional() }))
    .optional(),
  failover,
  failoverPriority: z.array(text).optional(),
  enabled: flag.optional(),
});

export const zoneAwareLbSetting = z.strictObject({
  enabled: flag.optional(),
  minClusterSize: count.optional(),
  failover,
  failoverPriority: z.array(text).optional(),
});

export const tcpKeepalive = z.strictObject({
  probes: count.optional(),
  time: duration.optional(),
  interval: duration.optional(),
});

export const loadBalancer = exclusive(
  {
    simple: z.enum(LOAD_BALANCERS).optional(),
    consistentHash: exclusive(
      {
        httpHeaderName: text.optional(),
        httpCookie: z
          .strictObject({
            name: text.optional(),
            path: text.optional(),
            ttl: duration.optional(),
            attributes: z.array(z.strictObject({ name: text.optional(), value: text.optional() })).optional(),
          })
          .optional(),
        useSourceIp: flag.optional(),
        httpQueryParameterName: text.optional(),
        ringHash: z.strictObject({ minimumRingSize: count.optional() }).optional(),
        maglev: z.strictObject({ tableSize: count.optional() }).optional(),
        minimumRingSize: count.optional(),
      },
      ['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'],
    ).optional(),
    localityLbSetting: localityLbSetting.optional(),
    warmupDurationSecs: duration.optional(),
    warmup: z
      .strictObject({
        duration: duration.optional(),
        minimumPercent: decimal.optional(),
        aggression: decimal.optional(),
      })
      .optional(),
    zoneAwareLbSetting: zoneAwareLbSetting.optional(),
  },
  ['simple', 'consistentHash'],
);

export const connectionPool = z.strictObject({
  tcp: z
    .strictObject({
      maxConnections: integer.optional(),
      connectTimeout: duration.optional(),
      tcpKeepalive: tcpKeepalive.optional(),
      maxConnectionDuration: duration.optional(),
      idleTimeout: duration.optional(),
    })
    .optional(),
  http: z
    .strictObject({
      http1MaxPendingRequests: integer.optional(),
      http2MaxRequests: integer.optional(),
      maxRequestsPerConnection: integer.optional(),
      maxRetries: integer.optional(),
      idleTimeout: duration.optional(),
      h2UpgradePolicy: z.enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']).optional(),
      useClientProtocol: flag.optional(),
      maxConcurrentStreams: integer.optional(),
      http2KeepAlive: z
        .strictObject({ interval: duration.optional(), timeout: duration.optional() })
        .optional(),
    })
    .optional(),
});

export const outlierDetection = z.strictObject({
  consecutiveErrors: integer.optional(),
  splitExternalLocalOriginErrors: flag.optional(),
  consecutiveLocalOriginFailures: count.optional(),
  consecutiveGatewayErrors: count.optional(),
  consecutive5xxErrors: count.optional(),
  interval: duration.optional(),
  baseEjectionTime: duration.optional(),
  maxEjectionPercent: integer.optional(),
  minHealthPercent: integer.optional(),
  outlierDetectionHttpErrorCodes: z.array(count).optional(),
});

export const clientTls = z.strictObject({
  mode: z.enum(['DISABLE', 'SIMPLE', 'MUTUAL', 'ISTIO_MUTUAL']).optional(),
  clientCertificate: text.optional(),
  privateKey: text.optional(),
  caCertificates: text.optional(),
  credentialName: text.optional(),
  subjectAltNames: z.array(text).optional(),
  sni: text.optional(),
  insecureSkipVerify: flag.optional(),
  caCrl: text.optional(),
});

const blocks = {
  loadBalancer: loadBalancer.optional(),
  connectionPool: connectionPool.optional(),
  outlierDetection: outlierDetection.optional(),
  tls: clientTls.optional(),
};

export const trafficPolicy = z.strictObject({
  ...blocks,
  portLevelSettings: z.array(z.strictObject({ port: portSelector.optional(), ...blocks })).optional(),
  tunnel: z
    .strictObject({ protocol: text.optional(), targetHost: text.optional(), targetPort: count.optional() })
    .optional(),
  proxyProtocol: z.strictObject({ version: z.enum(['V1', 'V2']).optional() }).optional(),
  retryBudget: z
    .strictObject({
      percent: decimal.optional(),
      minRetryConcurrency: count.optional(),
      budgetInterval: duration.optional(),
    })
    .optional(),
});

export const subset = z.strictObject({
  name: text.optional(),
  labels: labels.optional(),
  trafficPolicy: trafficPolicy.optional(),
});

export const destinationRule = z.strictObject({
  host: text.optional(),
  trafficPolicy: trafficPolicy.optional(),
  subsets: z.array(subset).optional(),
  exportTo: z.array(text).optional(),
  workloadSelector: z.strictObject({ matchLabels: labels.optional() }).optional(),
});

export type DestinationRuleSpec = z.infer<typeof destinationRule>;
export type TrafficPolicy = z.infer<typeof trafficPolicy>;
export type Subset = z.infer<typeof subset>;
export type LoadBalancer = z.infer<typeof loadBalancer>;
export type ConnectionPool = z.infer<typeof connectionPool>;
export type TcpKeepalive = z.infer<typeof tcpKeepalive>;
export type OutlierDetection = z.infer<typeof outlierDetection>;
export type ClientTls = z.infer<typeof clientTls>;
export type LocalityLbSetting = z.infer<typeof localityLbSetting>;
export type ZoneAwareLbSetting = z.infer<typeof zoneAwareLbSetting>;
