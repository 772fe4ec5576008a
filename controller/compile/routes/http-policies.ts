import { parseDurationMs } from '../../../istio/duration.ts';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type {
  CorsPolicy,
  HttpFault,
  HttpRedirect,
  HttpRetry,
} from '../../../istio/schema/virtual-service.ts';
import { GRPC_CODES } from '../../../istio/validate/http-action.ts';
import type {
  CorsSpec,
  FaultSpec,
  RedirectActionSpec,
  RetrySpec,
  StringMatchSpec,
} from '../../../model/route.ts';
import type { PortProtocol } from '../world.ts';
import { compileStringMatch } from './http-match.ts';

const DEFAULT_RETRY_ON = [
  'connect-failure',
  'refused-stream',
  'unavailable',
  'cancelled',
  'retriable-status-codes',
];
const DEFAULT_BACKOFF_MS = 25;
/** `host_selection_retry_max_attempts` as Istio sets it. */
const HOST_SELECTION_ATTEMPTS = 5;

/** Istio's default for every HTTP route, with a VirtualService or without. */
export const DEFAULT_RETRY: RetrySpec = {
  attempts: 2,
  retryOn: DEFAULT_RETRY_ON,
  statusCodes: [],
  perTryTimeoutMs: 0,
  backoffMs: DEFAULT_BACKOFF_MS,
  hostSelectionAttempts: HOST_SELECTION_ATTEMPTS,
  leavesTriedPriorities: false,
};

/**
 * Istio's default between a proxy and its own application, but without a pause: Docker takes the network of a container
 * away as soon as its application has ended, so only an answer that is quick lets the caller try another host.
 */
const INBOUND_RETRY: RetrySpec = {
  ...DEFAULT_RETRY,
  retryOn: ['reset-before-request'],
  backoffMs: 0,
  hostSelectionAttempts: 0,
};

/** Of a route without `retries`: MeshConfig's default policy, else Istio's own. */
export function defaultRetry({ defaultHttpRetryPolicy: policy }: MeshConfig): RetrySpec | null {
  return policy === null ? DEFAULT_RETRY : compileRetry(policy);
}

/** Between a proxy and its own application. gRPC is not tried again there. */
export function inboundRetry(
  { defaultInboundHttpRetryPolicy: policy }: MeshConfig,
  protocol: PortProtocol,
): RetrySpec | null {
  if (protocol === 'grpc' || protocol === 'grpc-web') return null;
  return policy === null ? INBOUND_RETRY : compileRetry(policy);
}

/** Attempts of 0 switch retries off. */
export function compileRetry(retries: HttpRetry): RetrySpec | null {
  const attempts = retries.attempts ?? 0;
  if (attempts === 0) return null;
  const words =
    retries.retryOn === undefined || retries.retryOn === '' ? DEFAULT_RETRY_ON : retries.retryOn.split(',');
  const statusCodes = words.filter((word) => /^[0-9]+$/.test(word)).map(Number);
  const retryOn = words.filter((word) => !/^[0-9]+$/.test(word));
  const needsCodes = statusCodes.length > 0 && !retryOn.includes('retriable-status-codes');
  return {
    attempts,
    retryOn: needsCodes ? [...retryOn, 'retriable-status-codes'] : retryOn,
    statusCodes,
    perTryTimeoutMs: milliseconds(retries.perTryTimeout),
    backoffMs: retries.backoff === undefined ? DEFAULT_BACKOFF_MS : milliseconds(retries.backoff),
    hostSelectionAttempts: retries.retryIgnorePreviousHosts === false ? 0 : HOST_SELECTION_ATTEMPTS,
    leavesTriedPriorities: retries.retryRemoteLocalities ?? false,
  };
}

export function milliseconds(duration: string | undefined): number {
  return duration === undefined ? 0 : (parseDurationMs(duration) ?? 0);
}

/** Percent to counts out of a million, cut off as Istio does; absent = 0 %. */
export function perMillion(percent: number | undefined, fallback = 0): number {
  return percent === undefined ? fallback : Math.trunc(percent * 10_000);
}

export function compileFault(fault: HttpFault | undefined): FaultSpec | null {
  if (fault === undefined) return null;
  const { delay, abort } = fault;
  const hasDelay = delay?.fixedDelay !== undefined;
  const hasAbort = abort?.httpStatus !== undefined || abort?.grpcStatus !== undefined;
  if (!hasDelay && !hasAbort) return null;
  return {
    delay: hasDelay
      ? {
          fixedMs: milliseconds(delay.fixedDelay),
          perMillion: perMillion(delay.percentage?.value ?? delay.percent),
        }
      : null,
    abort: hasAbort
      ? {
          // A gRPC status for a call that is not gRPC is an HTTP 200 (ISTIO.md, correction 14).
          status: abort?.httpStatus ?? 200,
          grpcStatus: abort?.grpcStatus === undefined ? null : (GRPC_CODES[abort.grpcStatus] ?? null),
          perMillion: perMillion(abort?.percentage?.value),
        }
      : null,
  };
}

/**
 * An empty text is as if it were not there (proto3).
 * @param listenerPort the port that the caller addressed, for `FROM_REQUEST_PORT`
 */
export function compileRedirect(
  redirect: HttpRedirect,
  listenerPort: number,
  listenerScheme: 'http' | 'https',
): RedirectActionSpec {
  const scheme = redirect.scheme || null;
  return {
    kind: 'redirect',
    status: redirect.redirectCode || 301,
    scheme,
    authority: redirect.authority || null,
    port: redirectPort(redirect, scheme ?? listenerScheme, listenerPort),
    keepsPort: false,
    path: redirectPath(redirect),
  };
}

function redirectPath({ uri = '', prefixRewrite = '' }: HttpRedirect): RedirectActionSpec['path'] {
  if (uri !== '') return { kind: 'full', value: uri };
  return prefixRewrite === '' ? null : { kind: 'prefix', value: prefixRewrite };
}

/** A scheme's own port is never written. */
function redirectPort(redirect: HttpRedirect, scheme: string, listenerPort: number): number | null {
  const port = redirect.derivePort === 'FROM_REQUEST_PORT' ? listenerPort : (redirect.port ?? null);
  const isDefault = (port === 80 && scheme === 'http') || (port === 443 && scheme === 'https');
  return isDefault ? null : port;
}

export function compileCors(cors: CorsPolicy | undefined): CorsSpec | null {
  if (cors === undefined) return null;
  return {
    allowOrigins: allowedOrigins(cors),
    allowMethods: (cors.allowMethods ?? []).join(','),
    allowHeaders: (cors.allowHeaders ?? []).join(','),
    exposeHeaders: (cors.exposeHeaders ?? []).join(','),
    maxAge: cors.maxAge === undefined ? '' : String(Math.trunc(milliseconds(cors.maxAge) / 1000)),
    allowCredentials: cors.allowCredentials ?? false,
    forwardUnmatchedPreflights: cors.unmatchedPreflights !== 'IGNORE',
  };
}

/** The new list replaces the legacy one, in which `*` means any. */
function allowedOrigins(cors: CorsPolicy): StringMatchSpec[] {
  if (cors.allowOrigins !== undefined && cors.allowOrigins.length > 0)
    return cors.allowOrigins.map(compileStringMatch);
  return (cors.allowOrigin ?? []).map((origin) =>
    origin === '*' ? { kind: 'present' } : { kind: 'exact', value: origin },
  );
}
