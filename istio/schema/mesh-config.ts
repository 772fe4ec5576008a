import { z } from 'zod';
import { defaultConfig } from './default-config.ts';
import {
  clientTls,
  connectionPool,
  localityLbSetting,
  outlierDetection,
  tcpKeepalive,
  zoneAwareLbSetting,
} from './destination-rule.ts';
import { extensionProvider } from './extension-provider.ts';
import { duration, exclusive, flag, integer, labels, text } from './scalars.ts';
import { httpRetry } from './virtual-service.ts';

/**
 * mesh/v1alpha1/config.proto, whole: a MeshConfig written for Istio is accepted. What it says without effect here is
 * told in a warning (`validate/mesh-config.ts`).
 */

const texts = z.array(text).optional();

const labelSelector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z
    .array(z.strictObject({ key: text.optional(), operator: text.optional(), values: texts }))
    .optional(),
});

const tlsConfig = z.strictObject({
  minProtocolVersion: z.enum(['TLS_AUTO', 'TLSV1_2', 'TLSV1_3']).optional(),
  ecdhCurves: texts,
  cipherSuites: texts,
});

const visibility = z.enum(['VISIBILITY_UNSPECIFIED', 'NONE', 'NAMESPACE', 'PUBLIC']);

const serviceEntryVisibility = z.strictObject({
  defaultVisibility: visibility.optional(),
  applyToSidecars: flag.optional(),
  policies: z
    .array(
      z.strictObject({
        visibility: visibility.optional(),
        matchingRules: z.array(z.strictObject({ namespaceSelector: labelSelector.optional() })).optional(),
      }),
    )
    .optional(),
});

export const meshConfigDocument = z.strictObject({
  proxyListenPort: integer.optional(),
  proxyInboundListenPort: integer.optional(),
  proxyHttpPort: integer.optional(),
  connectTimeout: duration.optional(),
  hboneIdleTimeout: duration.optional(),
  protocolDetectionTimeout: duration.optional(),
  tcpKeepalive: tcpKeepalive.optional(),
  ingressClass: text.optional(),
  ingressService: text.optional(),
  ingressControllerMode: z.enum(['UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT']).optional(),
  ingressSelector: text.optional(),
  enableTracing: flag.optional(),
  accessLogFile: text.optional(),
  accessLogFormat: text.optional(),
  accessLogEncoding: z.enum(['TEXT', 'JSON']).optional(),
  enableEnvoyAccessLogService: flag.optional(),
  disableEnvoyListenerLog: flag.optional(),
  defaultConfig: defaultConfig.optional(),
  /** The zero value is REGISTRY_ONLY: a block without mode closes the mesh (ISTIO.md §7). */
  outboundTrafficPolicy: z
    .strictObject({
      mode: z.enum(['REGISTRY_ONLY', 'ALLOW_ANY', 'ALLOW_ANY_DYNAMIC_DNS']).optional(),
      tls: clientTls.optional(),
    })
    .optional(),
  inboundTrafficPolicy: z.strictObject({ mode: z.enum(['PASSTHROUGH', 'LOCALHOST']).optional() }).optional(),
  configSources: z
    .array(
      z.strictObject({
        address: text.optional(),
        tlsSettings: clientTls.optional(),
        subscribedResources: z.array(z.enum(['SERVICE_REGISTRY'])).optional(),
      }),
    )
    .optional(),
  enableAutoMtls: flag.optional(),
  trustDomain: text.optional(),
  trustDomainAliases: texts,
  caCertificates: z
    .array(
      exclusive(
        {
          pem: text.optional(),
          spiffeBundleUrl: text.optional(),
          certSigners: texts,
          trustDomains: texts,
        },
        ['pem', 'spiffeBundleUrl'],
      ),
    )
    .optional(),
  defaultServiceExportTo: texts,
  defaultVirtualServiceExportTo: texts,
  defaultDestinationRuleExportTo: texts,
  rootNamespace: text.optional(),
  localityLbSetting: localityLbSetting.optional(),
  zoneAwareLbSetting: zoneAwareLbSetting.optional(),
  dnsRefreshRate: duration.optional(),
  h2UpgradePolicy: z.enum(['DO_NOT_UPGRADE', 'UPGRADE']).optional(),
  inboundClusterStatName: text.optional(),
  outboundClusterStatName: text.optional(),
  certificates: z.array(z.strictObject({ secretName: text.optional(), dnsNames: texts })).optional(),
  serviceSettings: z
    .array(
      z.strictObject({
        settings: z.strictObject({ clusterLocal: flag.optional() }).optional(),
        hosts: texts,
      }),
    )
    .optional(),
  serviceScopeConfigs: z
    .array(
      z.strictObject({
        namespaceSelector: labelSelector.optional(),
        servicesSelector: labelSelector.optional(),
        scope: z.enum(['LOCAL', 'GLOBAL']).optional(),
      }),
    )
    .optional(),
  enablePrometheusMerge: flag.optional(),
  verifyCertificateAtClient: flag.optional(),
  ca: z
    .strictObject({
      address: text.optional(),
      tlsSettings: clientTls.optional(),
      requestTimeout: duration.optional(),
      istiodSide: flag.optional(),
    })
    .optional(),
  extensionProviders: z.array(extensionProvider).optional(),
  defaultProviders: z.strictObject({ tracing: texts, metrics: texts, accessLogging: texts }).optional(),
  discoverySelectors: z.array(labelSelector).optional(),
  pathNormalization: z
    .strictObject({
      normalization: z
        .enum(['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'])
        .optional(),
    })
    .optional(),
  defaultHttpRetryPolicy: httpRetry.optional(),
  defaultInboundHttpRetryPolicy: httpRetry.optional(),
  meshMTLS: tlsConfig.optional(),
  tlsDefaults: tlsConfig.optional(),
  defaultTrafficPolicy: z
    .strictObject({
      connectionPool: connectionPool.optional(),
      outlierDetection: outlierDetection.optional(),
    })
    .optional(),
  serviceEntryVisibility: serviceEntryVisibility.optional(),
});

export type NamespaceSelector = z.infer<typeof labelSelector>;
export type MeshConfigDocument = z.infer<typeof meshConfigDocument>;
