import { z } from 'zod';
import { count, labels, labelsSelector, text } from './scalars.ts';

/** networking/v1/service_entry.proto, workload_entry.proto, workload_group.proto */

export const workloadEntry = z.strictObject({
  address: text.optional(),
  ports: z.record(z.string(), count).optional(),
  labels: labels.optional(),
  network: text.optional(),
  locality: text.optional(),
  weight: count.optional(),
  serviceAccount: text.optional(),
});

const servicePort = z.strictObject({
  number: count.optional(),
  protocol: text.optional(),
  name: text.optional(),
  targetPort: count.optional(),
});

export const serviceEntry = z.strictObject({
  hosts: z.array(text).optional(),
  addresses: z.array(text).optional(),
  ports: z.array(servicePort).optional(),
  location: z.enum(['MESH_EXTERNAL', 'MESH_INTERNAL']).optional(),
  resolution: z.enum(['NONE', 'STATIC', 'DNS', 'DNS_ROUND_ROBIN', 'DYNAMIC_DNS']).optional(),
  endpoints: z.array(workloadEntry).optional(),
  exportTo: z.array(text).optional(),
  subjectAltNames: z.array(text).optional(),
  workloadSelector: labelsSelector.optional(),
});

const httpHeader = z.strictObject({ name: text.optional(), value: text.optional() });

export const readinessProbe = z.strictObject({
  initialDelaySeconds: count.optional(),
  timeoutSeconds: count.optional(),
  periodSeconds: count.optional(),
  successThreshold: count.optional(),
  failureThreshold: count.optional(),
  httpGet: z
    .strictObject({
      path: text.optional(),
      port: count.optional(),
      host: text.optional(),
      scheme: text.optional(),
      httpHeaders: z.array(httpHeader).optional(),
    })
    .optional(),
  tcpSocket: z.strictObject({ host: text.optional(), port: count.optional() }).optional(),
  exec: z.strictObject({ command: z.array(text).optional() }).optional(),
  grpc: z.strictObject({ port: count.optional(), service: text.optional() }).optional(),
});

export const workloadGroup = z.strictObject({
  metadata: z.strictObject({ labels: labels.optional(), annotations: labels.optional() }).optional(),
  template: workloadEntry.optional(),
  probe: readinessProbe.optional(),
});

export type ServiceEntrySpec = z.infer<typeof serviceEntry>;
export type WorkloadEntrySpec = z.infer<typeof workloadEntry>;
export type WorkloadGroupSpec = z.infer<typeof workloadGroup>;
export type ReadinessProbe = z.infer<typeof readinessProbe>;
