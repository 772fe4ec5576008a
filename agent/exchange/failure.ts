import type { ResponseFlag } from '../../model/response-flag.ts';
import type { UpstreamFailure } from './streams.ts';

/**
 * An answer that the proxy makes itself: what the caller sees, and what log and metrics say about it. The texts and
 * `response_code_details` are Envoy's, since people search for them.
 */
export interface LocalReply {
  readonly status: number;
  readonly body: string;
  readonly flag: ResponseFlag | '';
  readonly details: string;
  /** Name and value in turn. */
  readonly headers: readonly string[];
  /** For a gRPC caller; null = what `status` means there. */
  readonly grpcStatus: number | null;
  /** The header operations of route and destination are not for it. */
  readonly isUntouched: boolean;
}

function reply(
  status: number,
  flag: ResponseFlag | '',
  details: string,
  body = '',
  headers: readonly string[] = [],
): LocalReply {
  return Object.freeze({ status, body, flag, details, headers, grpcStatus: null, isUntouched: false });
}

export const ROUTE_NOT_FOUND = reply(404, 'NR', 'route_not_found');
export const CLUSTER_NOT_FOUND = reply(503, 'NC', 'cluster_not_found');
export const NO_HEALTHY_UPSTREAM = reply(503, 'UH', 'no_healthy_upstream', 'no healthy upstream');
export const DNS_FAILURE = reply(503, 'DF', 'dns_resolution_failure', 'DNS resolution failure');
export const REQUEST_TIMEOUT = reply(504, 'UT', 'response_timeout', 'upstream request timeout');
export const PER_TRY_TIMEOUT = reply(504, 'UT', 'upstream_per_try_timeout', 'upstream request timeout');
/** HTTP/1 refuses such a head before there is an exchange. */
export const HEAD_TOO_LARGE = reply(
  ...([431, 'DPE', 'http2.header_list_size_too_large', 'Request Header Fields Too Large'] as const),
);
/** `connectionSettings.httpHeadersWithUnderscoresAction`. */
export const UNEXPECTED_UNDERSCORE = reply(400, 'DPE', 'http1.unexpected_underscore', 'Bad Request');

/** `connectionSettings.httpPathWithEscapedSlashesAction`: the caller is to ask for the path that is meant. */
export function unescapedPath(path: string): LocalReply {
  return { ...reply(307, '', 'path_normalization_failed', '', ['location', path]), isUntouched: true };
}

export const BAD_PATH = reply(400, '', 'path_normalization_failed');

/** Istio's proxies switch to WebSocket and to nothing else: `Upgrade: TLS/1.2`, as some HTTP clients send it, ends here. */
export const UPGRADE_REFUSED: LocalReply = { ...reply(403, '', 'upgrade_failed'), isUntouched: true };

/** A gRPC-Web call in text that is no base64; a piece of it is missing at the end. */
export const BAD_BASE64 = reply(
  400,
  '',
  'grpc_base_64_decode_failed',
  'Bad gRPC-web request, invalid base64 data.',
);
export const SHORT_BASE64: LocalReply = { ...BAD_BASE64, details: 'grpc_base_64_decode_failed_bad_size' };

/** A filter wanted to see more of a body than it may keep. */
export const BODY_TOO_LARGE = reply(413, '', 'request_payload_too_large', 'Payload Too Large');

/** AuthorizationPolicy; `details` names the policy and the rule. */
export function accessDenied(details: string): LocalReply {
  return reply(403, '', details, 'RBAC: access denied');
}

/** RequestAuthentication; the header is RFC 6750's. */
export function tokenRefused(status: number, reason: string, realm: string): LocalReply {
  const details = `jwt_authn_access_denied{${reason.replaceAll(' ', '_')}}`;
  return reply(status, '', details, reason, [
    'www-authenticate',
    `Bearer realm="${realm}", error="invalid_token"`,
  ]);
}

/** AuthorizationPolicy's CUSTOM: the authorizer's own words, or its silence. */
export function externallyDenied(
  status: number,
  details: string,
  body: string,
  headers: readonly string[],
): LocalReply {
  return reply(status, 'UAEX', details, body, headers);
}

/** Too many requests, by a limit of this proxy or by a service's word. */
export function rateLimited(
  status: number,
  grpcStatus: number,
  details: string,
  body: string,
  headers: readonly string[],
): LocalReply {
  return { status, body, flag: 'RL', details, headers, grpcStatus, isUntouched: false };
}

/** The service that counts did not answer, and nothing may pass without it. */
export function rateLimitError(status: number): LocalReply {
  return reply(status, 'RLSE', 'rate_limiter_error');
}

/** The caller takes nothing but a stored answer, and there is none (RFC 9111 §5.2.1.7). */
export function onlyIfCached(): LocalReply {
  return reply(504, '', 'cache.only_if_cached', '', ['cache-status', 'lateen; detail=only-if-cached']);
}

export function faultAbort(status: number): LocalReply {
  return reply(status, 'FI', 'fault_filter_abort', 'fault filter abort');
}

export function directResponse(status: number, body: string, headers: readonly string[] = []): LocalReply {
  return reply(status, '', 'direct_response', body, headers);
}

/** An answer to a CORS preflight: Envoy's filter sends it around the router's header operations. */
export function corsPreflight(headers: readonly string[]): LocalReply {
  const reply = { status: 200, body: '', flag: '', details: 'cors_response', headers } as const;
  return { ...reply, grpcStatus: null, isUntouched: true };
}

const BEFORE_RESPONSE = 'upstream_reset_before_response_started';

/** What is told of an attempt that got no answer; `isRetried` = it was not the first. */
export function upstreamFailureReply(failure: UpstreamFailure, isRetried: boolean): LocalReply {
  const body = (reason: string) => {
    const which = isRetried ? 'retried and the latest reset reason' : 'reset reason';
    return `upstream connect error or disconnect/reset before headers. ${which}: ${reason}`;
  };
  switch (failure.kind) {
    case 'overflow':
      return reply(503, 'UO', `${BEFORE_RESPONSE}{overflow}`, body('overflow'), [
        'x-envoy-overloaded',
        'true',
      ]);
    case 'connect-failure': {
      const reason = failure.reason.replaceAll(' ', '_');
      const details = `${BEFORE_RESPONSE}{remote_connection_failure|${reason}}`;
      return reply(503, 'UF', details, body('remote connection failure'));
    }
    case 'reset':
      return reply(503, 'UC', `${BEFORE_RESPONSE}{connection_termination}`, body('connection termination'));
    case 'remote-reset':
      return reply(503, 'UR', `${BEFORE_RESPONSE}{remote_reset}`, body('remote reset'));
    case 'refused-stream': {
      const details = `${BEFORE_RESPONSE}{remote_refused_stream_reset}`;
      return reply(503, 'UR', details, body('remote refused stream reset'));
    }
    case 'protocol-error': {
      // What it was is ours to add: Envoy tells it in its debug log alone.
      const what = failure.reason === '' ? '' : `|${failure.reason.replaceAll(' ', '_')}`;
      return reply(502, 'UPE', `${BEFORE_RESPONSE}{protocol_error${what}}`, body('protocol error'));
    }
  }
}
