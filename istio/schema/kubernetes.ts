import { z } from 'zod';
import { count, flag, labels, text } from './scalars.ts';

/** The two Kubernetes kinds that Istio's own documents need: core/v1 Service and Secret, in their useful fields. */

const portOrName = z.union([count, text]);

export const kubernetesService = z.strictObject({
  selector: labels.optional(),
  ports: z
    .array(
      z.strictObject({
        name: text.optional(),
        port: count.optional(),
        targetPort: portOrName.optional(),
        protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional(),
        appProtocol: text.optional(),
        nodePort: count.optional(),
      }),
    )
    .optional(),
  clusterIP: text.optional(),
  clusterIPs: z.array(text).optional(),
  type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).optional(),
  externalName: text.optional(),
  externalIPs: z.array(text).optional(),
  loadBalancerIP: text.optional(),
  sessionAffinity: text.optional(),
  ipFamilies: z.array(text).optional(),
  ipFamilyPolicy: text.optional(),
  internalTrafficPolicy: text.optional(),
  externalTrafficPolicy: text.optional(),
  publishNotReadyAddresses: flag.optional(),
  trafficDistribution: text.optional(),
  sessionAffinityConfig: z
    .strictObject({ clientIP: z.strictObject({ timeoutSeconds: count.optional() }).optional() })
    .optional(),
  healthCheckNodePort: count.optional(),
  allocateLoadBalancerNodePorts: flag.optional(),
  loadBalancerClass: text.optional(),
  loadBalancerSourceRanges: z.array(text).optional(),
});

/** A Secret has no `spec`: its fields stand beside `metadata`. */
export const kubernetesSecret = z.strictObject({
  type: text.optional(),
  data: labels.optional(),
  stringData: labels.optional(),
  immutable: flag.optional(),
});

export type KubernetesServiceSpec = z.infer<typeof kubernetesService>;
export type KubernetesSecretSpec = z.infer<typeof kubernetesSecret>;
