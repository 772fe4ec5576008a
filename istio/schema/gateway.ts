import { z } from 'zod';
import { count, flag, labels, text } from './scalars.ts';

/** networking/v1/gateway.proto */

export const serverTls = z.strictObject({
  httpsRedirect: flag.optional(),
  mode: z
    .enum(['PASSTHROUGH', 'SIMPLE', 'MUTUAL', 'AUTO_PASSTHROUGH', 'ISTIO_MUTUAL', 'OPTIONAL_MUTUAL'])
    .optional(),
  serverCertificate: text.optional(),
  privateKey: text.optional(),
  caCertificates: text.optional(),
  caCrl: text.optional(),
  credentialName: text.optional(),
  credentialNames: z.array(text).optional(),
  caCertCredentialName: text.optional(),
  tlsCertificates: z
    .array(
      z.strictObject({
        serverCertificate: text.optional(),
        privateKey: text.optional(),
        caCertificates: text.optional(),
      }),
    )
    .optional(),
  subjectAltNames: z.array(text).optional(),
  verifyCertificateSpki: z.array(text).optional(),
  verifyCertificateHash: z.array(text).optional(),
  minProtocolVersion: z.enum(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']).optional(),
  maxProtocolVersion: z.enum(['TLS_AUTO', 'TLSV1_0', 'TLSV1_1', 'TLSV1_2', 'TLSV1_3']).optional(),
  cipherSuites: z.array(text).optional(),
  ecdhCurves: z.array(text).optional(),
  insecureSkipVerify: flag.optional(),
});

export const gatewayServer = z.strictObject({
  port: z
    .strictObject({
      number: count.optional(),
      name: text.optional(),
      protocol: text.optional(),
      targetPort: count.optional(),
    })
    .optional(),
  bind: text.optional(),
  hosts: z.array(text).optional(),
  tls: serverTls.optional(),
  defaultEndpoint: text.optional(),
  name: text.optional(),
});

export const gateway = z.strictObject({
  servers: z.array(gatewayServer).optional(),
  selector: labels.optional(),
});

export type GatewaySpec = z.infer<typeof gateway>;
export type GatewayServer = z.infer<typeof gatewayServer>;
export type ServerTls = z.infer<typeof serverTls>;
