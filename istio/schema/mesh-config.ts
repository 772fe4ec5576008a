import { z } from 'zod';
import { count, duration, flag, text } from './scalars.ts';

/**
 * mesh/v1alpha1/config.proto, the fields that this mesh acts on. Other fields of Istio's MeshConfig are known by name:
 * they are accepted with a warning that they have no effect.
 */

const policyMode = z.enum(['REGISTRY_ONLY', 'ALLOW_ANY']);

export const meshConfigDocument = z.strictObject({
  accessLogFile: text.optional(),
  accessLogFormat: text.optional(),
  accessLogEncoding: z.enum(['TEXT', 'JSON']).optional(),
  /** The zero value is REGISTRY_ONLY: a block without mode closes the mesh (ISTIO.md §7). */
  outboundTrafficPolicy: z.strictObject({ mode: policyMode.optional() }).optional(),
  pathNormalization: z
    .strictObject({
      normalization: z
        .enum(['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'])
        .optional(),
    })
    .optional(),
  connectTimeout: duration.optional(),
  rootNamespace: text.optional(),
  trustDomain: text.optional(),
  protocolDetectionTimeout: duration.optional(),
  defaultConfig: z
    .strictObject({
      holdApplicationUntilProxyStarts: flag.optional(),
      terminationDrainDuration: duration.optional(),
      gatewayTopology: z.strictObject({ numTrustedProxies: count.optional() }).optional(),
    })
    .optional(),
});

export type MeshConfigDocument = z.infer<typeof meshConfigDocument>;

/** Known to Istio, without effect here so far. */
export const IGNORED_MESH_CONFIG_FIELDS: ReadonlySet<string> = new Set([
  ...['enableTracing', 'inboundTrafficPolicy', 'enableAutoMtls', 'trustDomainAliases', 'tcpKeepalive'],
  ...['h2UpgradePolicy', 'defaultHttpRetryPolicy', 'defaultInboundHttpRetryPolicy', 'defaultTrafficPolicy'],
  ...[
    'localityLbSetting',
    'defaultServiceExportTo',
    'defaultVirtualServiceExportTo',
    'defaultDestinationRuleExportTo',
  ],
  ...[
    'serviceSettings',
    'serviceScopeConfigs',
    'discoverySelectors',
    'serviceEntryVisibility',
    'extensionProviders',
  ],
  ...['defaultProviders', 'meshMTLS', 'tlsDefaults', 'verifyCertificateAtClient', 'dnsRefreshRate'],
  ...['enablePrometheusMerge', 'ingressService', 'ingressSelector', 'ingressClass', 'ingressControllerMode'],
  ...[
    'proxyListenPort',
    'proxyInboundListenPort',
    'proxyHttpPort',
    'inboundClusterStatName',
    'outboundClusterStatName',
  ],
  ...[
    'caCertificates',
    'ca',
    'certificates',
    'configSources',
    'enableEnvoyAccessLogService',
    'disableEnvoyListenerLog',
  ],
]);
