import { z } from 'zod';
import { connectionPool } from './destination-rule.ts';
import { serverTls } from './gateway.ts';
import { count, labels, labelsSelector, text } from './scalars.ts';
import { destination } from './virtual-service.ts';

/** networking/v1/sidecar.proto, proxy_config.proto */

const sidecarPort = z.strictObject({
  number: count.optional(),
  protocol: text.optional(),
  name: text.optional(),
  targetPort: count.optional(),
});

const captureMode = z.enum(['DEFAULT', 'IPTABLES', 'NONE']);

export const sidecar = z.strictObject({
  workloadSelector: labelsSelector.optional(),
  ingress: z
    .array(
      z.strictObject({
        port: sidecarPort.optional(),
        bind: text.optional(),
        captureMode: captureMode.optional(),
        defaultEndpoint: text.optional(),
        tls: serverTls.optional(),
        connectionPool: connectionPool.optional(),
      }),
    )
    .optional(),
  egress: z
    .array(
      z.strictObject({
        port: sidecarPort.optional(),
        bind: text.optional(),
        captureMode: captureMode.optional(),
        hosts: z.array(text).optional(),
      }),
    )
    .optional(),
  inboundConnectionPool: connectionPool.optional(),
  outboundTrafficPolicy: z
    .strictObject({
      mode: z.enum(['REGISTRY_ONLY', 'ALLOW_ANY']).optional(),
      egressProxy: destination.optional(),
    })
    .optional(),
});

export const proxyConfig = z.strictObject({
  selector: z.strictObject({ matchLabels: labels.optional() }).optional(),
  concurrency: count.optional(),
  environmentVariables: labels.optional(),
  image: z.strictObject({ imageType: text.optional() }).optional(),
});

export type SidecarSpec = z.infer<typeof sidecar>;
export type ProxyConfigSpec = z.infer<typeof proxyConfig>;
