import { z } from 'zod';
import { count, duration, exclusive, flag, integer, labels, percent, portSelector, text } from './scalars.ts';

/** networking/v1/virtual_service.proto */

export const stringMatch = exclusive(
  { exact: text.optional(), prefix: text.optional(), regex: text.optional() },
  ['exact', 'prefix', 'regex'],
);

export const headerOperations = z.strictObject({
  set: labels.optional(),
  add: labels.optional(),
  remove: z.array(text).optional(),
});

export const headerEdits = z.strictObject({
  request: headerOperations.optional(),
  response: headerOperations.optional(),
});

export const destination = z.strictObject({
  host: text.optional(),
  subset: text.optional(),
  port: portSelector.optional(),
});

/** A null value is accepted and means presence (ISTIO.md, correction 34). */
const headerMatches = z.record(z.string(), stringMatch.nullable());

export const httpMatch = z.strictObject({
  name: text.optional(),
  uri: stringMatch.optional(),
  scheme: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  headers: headerMatches.optional(),
  withoutHeaders: headerMatches.optional(),
  queryParams: z.record(z.string(), stringMatch.nullable()).optional(),
  port: count.optional(),
  sourceLabels: labels.optional(),
  sourceNamespace: text.optional(),
  gateways: z.array(text).optional(),
  ignoreUriCase: flag.optional(),
  statPrefix: text.optional(),
});

export const httpRouteDestination = z.strictObject({
  destination: destination.optional(),
  weight: integer.optional(),
  headers: headerEdits.optional(),
});

export const httpRedirect = exclusive(
  {
    uri: text.optional(),
    prefixRewrite: text.optional(),
    authority: text.optional(),
    port: count.optional(),
    derivePort: z.enum(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']).optional(),
    scheme: text.optional(),
    redirectCode: count.optional(),
  },
  ['port', 'derivePort'],
);

export const httpDirectResponse = z.strictObject({
  status: count.optional(),
  body: exclusive({ string: text.optional(), bytes: text.optional() }, ['string', 'bytes']).optional(),
});

export const httpRewrite = z.strictObject({
  uri: text.optional(),
  authority: text.optional(),
  uriRegexRewrite: z.strictObject({ match: text.optional(), rewrite: text.optional() }).optional(),
});

export const httpRetry = z.strictObject({
  attempts: integer.optional(),
  perTryTimeout: duration.optional(),
  retryOn: text.optional(),
  retryRemoteLocalities: flag.optional(),
  retryIgnorePreviousHosts: flag.optional(),
  backoff: duration.optional(),
});

export const httpFault = z.strictObject({
  delay: exclusive(
    {
      percent: integer.optional(),
      percentage: percent.optional(),
      fixedDelay: duration.optional(),
      exponentialDelay: duration.optional(),
    },
    ['fixedDelay', 'exponentialDelay'],
  ).optional(),
  abort: exclusive(
    {
      percentage: percent.optional(),
      httpStatus: integer.optional(),
      grpcStatus: text.optional(),
      http2Error: text.optional(),
    },
    ['httpStatus', 'grpcStatus', 'http2Error'],
  ).optional(),
});

export const corsPolicy = z.strictObject({
  allowOrigin: z.array(text).optional(),
  allowOrigins: z.array(stringMatch).optional(),
  allowMethods: z.array(text).optional(),
  allowHeaders: z.array(text).optional(),
  exposeHeaders: z.array(text).optional(),
  maxAge: duration.optional(),
  allowCredentials: flag.optional(),
  unmatchedPreflights: z.enum(['UNSPECIFIED', 'FORWARD', 'IGNORE']).optional(),
});

const mirrorPolicy = z.strictObject({ destination: destination.optional(), percentage: percent.optional() });

export const httpRoute = z.strictObject({
  name: text.optional(),
  match: z.array(httpMatch.nullable()).optional(),
  route: z.array(httpRouteDestination).optional(),
  redirect: httpRedirect.optional(),
  directResponse: httpDirectResponse.optional(),
  delegate: z.strictObject({ name: text.optional(), namespace: text.optional() }).optional(),
  rewrite: httpRewrite.optional(),
  timeout: duration.optional(),
  retries: httpRetry.optional(),
  fault: httpFault.optional(),
  mirror: destination.optional(),
  mirrors: z.array(mirrorPolicy).optional(),
  mirrorPercent: count.optional(),
  mirrorPercentage: percent.optional(),
  corsPolicy: corsPolicy.optional(),
  headers: headerEdits.optional(),
});

const routeDestination = z.strictObject({ destination: destination.optional(), weight: integer.optional() });

export const tcpRoute = z.strictObject({
  match: z
    .array(
      z.strictObject({
        destinationSubnets: z.array(text).optional(),
        port: count.optional(),
        sourceSubnet: text.optional(),
        sourceLabels: labels.optional(),
        gateways: z.array(text).optional(),
        sourceNamespace: text.optional(),
      }),
    )
    .optional(),
  route: z.array(routeDestination).optional(),
});

export const tlsRoute = z.strictObject({
  match: z
    .array(
      z.strictObject({
        sniHosts: z.array(text).optional(),
        destinationSubnets: z.array(text).optional(),
        port: count.optional(),
        sourceLabels: labels.optional(),
        gateways: z.array(text).optional(),
        sourceNamespace: text.optional(),
      }),
    )
    .optional(),
  route: z.array(routeDestination).optional(),
});

export const virtualService = z.strictObject({
  hosts: z.array(text).optional(),
  gateways: z.array(text).optional(),
  http: z.array(httpRoute).optional(),
  tls: z.array(tlsRoute).optional(),
  tcp: z.array(tcpRoute).optional(),
  exportTo: z.array(text).optional(),
});

export type VirtualServiceSpec = z.infer<typeof virtualService>;
export type HttpRoute = z.infer<typeof httpRoute>;
export type HttpMatch = z.infer<typeof httpMatch>;
export type HttpRouteDestination = z.infer<typeof httpRouteDestination>;
export type StringMatch = z.infer<typeof stringMatch>;
export type HeaderEdits = z.infer<typeof headerEdits>;
export type HeaderOperations = z.infer<typeof headerOperations>;
export type Destination = z.infer<typeof destination>;
export type HttpRedirect = z.infer<typeof httpRedirect>;
export type HttpRetry = z.infer<typeof httpRetry>;
export type HttpFault = z.infer<typeof httpFault>;
export type CorsPolicy = z.infer<typeof corsPolicy>;
export type TcpRoute = z.infer<typeof tcpRoute>;
export type TlsRoute = z.infer<typeof tlsRoute>;
export type Percent = z.infer<typeof percent>;
