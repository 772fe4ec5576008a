import type { ProxyConfig } from './schema/default-config.ts';
import type {
  ClientTls,
  ConnectionPool,
  LocalityLbSetting,
  OutlierDetection,
  TcpKeepalive,
  ZoneAwareLbSetting,
} from './schema/destination-rule.ts';
import type { ExtensionProvider } from './schema/extension-provider.ts';
import type { NamespaceSelector } from './schema/mesh-config.ts';
import type { HttpRetry } from './schema/virtual-service.ts';

export interface DefaultProviders {
  readonly accessLogging: readonly string[];
  readonly metrics: readonly string[];
  readonly tracing: readonly string[];
}

/** MeshConfig fields that are in force, with their defaults filled in (ISTIO.md §7). */
export interface MeshConfig {
  /** `enablePrometheusMerge`: proxies show metrics of their applications with their own. */
  readonly mergesMetrics: boolean;
  readonly accessLogFile: string;
  readonly accessLogFormat: string;
  readonly accessLogEncoding: 'TEXT' | 'JSON';
  /** What Telemetry names where it names none. */
  readonly defaultProviders: DefaultProviders;
  readonly enableTracing: boolean;
  readonly outboundTrafficPolicy: 'ALLOW_ANY' | 'REGISTRY_ONLY' | 'ALLOW_ANY_DYNAMIC_DNS';
  /** TLS that the proxy itself speaks to unknown hosts; with ALLOW_ANY_DYNAMIC_DNS alone. */
  readonly outboundTls: ClientTls | null;
  readonly pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  readonly connectTimeoutMs: number;
  readonly rootNamespace: string;
  readonly trustDomain: string;
  /** Proxies speak mutual TLS to whoever takes it, where no rule says otherwise. */
  readonly enableAutoMtls: boolean;
  /** Other names of the trust domain, in principals. */
  readonly trustDomainAliases: readonly string[];
  readonly protocolDetectionTimeoutMs: number;
  /** How proxies behave where their own labels say nothing else (istio/proxy-config.ts). */
  readonly defaultConfig: ProxyConfig;
  readonly defaultServiceExportTo: readonly string[];
  readonly defaultVirtualServiceExportTo: readonly string[];
  readonly defaultDestinationRuleExportTo: readonly string[];
  /** A namespace is part of the mesh if one of them fits; none = all are. */
  readonly discoverySelectors: readonly NamespaceSelector[];
  /** Where an inbound port leads: to the address that was called, or to 127.0.0.1. */
  readonly inboundTrafficPolicy: 'PASSTHROUGH' | 'LOCALHOST';
  /** For routes without `retries`; null = Istio's own. */
  readonly defaultHttpRetryPolicy: HttpRetry | null;
  /** Between a proxy and its application; null = Istio's own. */
  readonly defaultInboundHttpRetryPolicy: HttpRetry | null;
  /** What AuthorizationPolicy's CUSTOM names. */
  readonly extensionProviders: readonly ExtensionProvider[];
  readonly tcpKeepalive: TcpKeepalive | null;
  /** HTTP/1.1 becomes HTTP/2 on its way to a declared HTTP port, where no DestinationRule says otherwise. */
  readonly h2UpgradePolicy: 'DO_NOT_UPGRADE' | 'UPGRADE';
  /** A DestinationRule's setting replaces it whole. */
  readonly localityLbSetting: LocalityLbSetting;
  readonly zoneAwareLbSetting: ZoneAwareLbSetting | null;
  readonly defaultTrafficPolicy: {
    readonly connectionPool?: ConnectionPool | undefined;
    readonly outlierDetection?: OutlierDetection | undefined;
  };
}

export const DEFAULT_MESH_CONFIG: MeshConfig = {
  mergesMetrics: true,
  accessLogFile: '',
  accessLogFormat: '',
  accessLogEncoding: 'TEXT',
  defaultProviders: { accessLogging: [], metrics: ['prometheus'], tracing: [] },
  enableTracing: true,
  outboundTrafficPolicy: 'ALLOW_ANY',
  outboundTls: null,
  pathNormalization: 'BASE',
  connectTimeoutMs: 10_000,
  rootNamespace: 'istio-system',
  trustDomain: 'cluster.local',
  enableAutoMtls: true,
  trustDomainAliases: [],
  protocolDetectionTimeoutMs: 300,
  defaultConfig: {},
  defaultServiceExportTo: ['*'],
  defaultVirtualServiceExportTo: ['*'],
  defaultDestinationRuleExportTo: ['*'],
  discoverySelectors: [],
  inboundTrafficPolicy: 'PASSTHROUGH',
  defaultHttpRetryPolicy: null,
  defaultInboundHttpRetryPolicy: null,
  extensionProviders: [],
  tcpKeepalive: null,
  h2UpgradePolicy: 'DO_NOT_UPGRADE',
  localityLbSetting: { enabled: true },
  zoneAwareLbSetting: null,
  defaultTrafficPolicy: {},
};
