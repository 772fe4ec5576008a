import { z } from 'zod';
import { count, integer, labels, labelsSelector, targetReference, text } from './scalars.ts';

/** networking/v1alpha3: envoy_filter.proto. What its patches hold is Envoy's own API: see istio/envoy. */

const named = z.strictObject({ name: text.optional() });

const listenerMatch = z.strictObject({
  portNumber: count.optional(),
  portName: text.optional(),
  filterChain: z
    .strictObject({
      name: text.optional(),
      sni: text.optional(),
      transportProtocol: text.optional(),
      applicationProtocols: text.optional(),
      filter: z.strictObject({ name: text.optional(), subFilter: named.optional() }).optional(),
      destinationPort: count.optional(),
    })
    .optional(),
  listenerFilter: text.optional(),
  name: text.optional(),
});

const routeConfigurationMatch = z.strictObject({
  portNumber: count.optional(),
  portName: text.optional(),
  gateway: text.optional(),
  vhost: z
    .strictObject({
      name: text.optional(),
      domainName: text.optional(),
      route: z
        .strictObject({
          name: text.optional(),
          action: z.enum(['ANY', 'ROUTE', 'REDIRECT', 'DIRECT_RESPONSE']).optional(),
        })
        .optional(),
    })
    .optional(),
  name: text.optional(),
});

const match = z.strictObject({
  context: z.enum(['ANY', 'SIDECAR_INBOUND', 'SIDECAR_OUTBOUND', 'GATEWAY', 'WAYPOINT']).optional(),
  proxy: z.strictObject({ proxyVersion: text.optional(), metadata: labels.optional() }).optional(),
  listener: listenerMatch.optional(),
  routeConfiguration: routeConfigurationMatch.optional(),
  cluster: z
    .strictObject({
      portNumber: count.optional(),
      service: text.optional(),
      subset: text.optional(),
      name: text.optional(),
    })
    .optional(),
  waypoint: z.unknown().optional(),
});

const configPatch = z.strictObject({
  applyTo: z
    .enum([
      'LISTENER',
      'FILTER_CHAIN',
      'NETWORK_FILTER',
      'HTTP_FILTER',
      'ROUTE_CONFIGURATION',
      'VIRTUAL_HOST',
      'HTTP_ROUTE',
      'CLUSTER',
      'EXTENSION_CONFIG',
      'BOOTSTRAP',
      'LISTENER_FILTER',
    ])
    .optional(),
  match: match.optional(),
  patch: z
    .strictObject({
      operation: z
        .enum(['MERGE', 'ADD', 'REMOVE', 'INSERT_BEFORE', 'INSERT_AFTER', 'INSERT_FIRST', 'REPLACE'])
        .optional(),
      value: z.record(z.string(), z.unknown()).optional(),
      filterClass: z.enum(['UNSPECIFIED', 'AUTHN', 'AUTHZ', 'STATS']).optional(),
    })
    .optional(),
});

export const envoyFilter = z.strictObject({
  workloadSelector: labelsSelector.optional(),
  targetRefs: z.array(targetReference).optional(),
  configPatches: z.array(configPatch).optional(),
  priority: integer.optional(),
});

export type EnvoyFilterSpec = z.infer<typeof envoyFilter>;
export type ConfigPatch = z.infer<typeof configPatch>;
export type PatchMatch = z.infer<typeof match>;
