import { parseDurationMs } from '../duration.ts';
import type { FieldPath } from '../field-path.ts';
import type { CorsPolicy, HttpFault, HttpRetry, HttpRoute } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';
import { checkDuration, checkPercent, checkPort, checkStringMatch, regexFault } from './values.ts';

/** An empty text is as if it were not there (proto3). */
const given = (text: string | undefined) => text || undefined;

export function validateRedirect(route: HttpRoute, path: FieldPath, findings: Findings): void {
  const { redirect = {} } = route;
  const at = [...path, 'redirect'];
  const { port, derivePort, redirectCode } = redirect;
  const [uri, prefixRewrite] = [given(redirect.uri), given(redirect.prefixRewrite)];
  const [authority, scheme] = [given(redirect.authority), given(redirect.scheme)];
  if ([uri, prefixRewrite, authority, port, derivePort, scheme].every((value) => value === undefined)) {
    findings.error(
      at,
      'redirect must specify uri, prefixRewrite, authority, port or scheme',
      'E.g. `redirect: { uri: /new }`.',
    );
  }
  if (uri !== undefined && prefixRewrite !== undefined)
    findings.error([...at, 'prefixRewrite'], 'uri and prefixRewrite exclude each other', 'Keep one of them.');
  const isOtherThanPrefix = (route.match ?? []).some(
    (match) => match?.uri !== undefined && match.uri.prefix === undefined,
  );
  if (prefixRewrite !== undefined && isOtherThanPrefix)
    findings.error(
      [...at, 'prefixRewrite'],
      'prefixRewrite needs every uri to be matched by prefix',
      'Match by prefix, or write `uri:` instead.',
    );
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https')
    findings.error(
      [...at, 'scheme'],
      `invalid redirect scheme ${JSON.stringify(scheme)}`,
      'Use http or https.',
    );
  checkPort(port, [...at, 'port'], findings);
  // 304 and the like pass Istio's own validation and then take down the whole route table (ISTIO.md, correction 3).
  if (redirectCode !== undefined && ![0, 301, 302, 303, 307, 308].includes(redirectCode)) {
    findings.error(
      [...at, 'redirectCode'],
      `${redirectCode} is not a valid redirect code`,
      'Use 301, 302, 303, 307 or 308.',
    );
  }
  for (const other of ['fault', 'rewrite'] as const) {
    if (route[other] !== undefined)
      findings.error([...path, other], `${other} and redirect exclude each other`, 'Remove one of them.');
  }
}

export function validateDirectResponse(route: HttpRoute, path: FieldPath, findings: Findings): void {
  const status = route.directResponse?.status;
  if (status === undefined || status < 200 || status > 599) {
    findings.error(
      [...path, 'directResponse', 'status'],
      `directResponse status ${status ?? '(missing)'} must be in the range 200..599`,
    );
  }
  checkBodySize(route.directResponse?.body, [...path, 'directResponse', 'body'], findings);
  for (const other of ['fault', 'rewrite'] as const) {
    if (route[other] !== undefined)
      findings.error(
        [...path, other],
        `${other} and directResponse exclude each other`,
        'Remove one of them.',
      );
  }
}

/** The body is part of every snapshot that has the route. */
function checkBodySize(
  body: NonNullable<HttpRoute['directResponse']>['body'],
  path: FieldPath,
  findings: Findings,
): void {
  const text = body?.string;
  const bytes = text === undefined ? ((body?.bytes ?? '').length * 3) / 4 : Buffer.byteLength(text);
  const remedy = 'Serve it from a service.';
  if (bytes > 1024 * 1024)
    findings.error(path, 'the body of a directResponse must be less than 1 MB', remedy);
  else if (bytes > 100 * 1024) findings.warn(path, 'a large directResponse is slow to distribute', remedy);
}

export function validateRewrite(route: HttpRoute, path: FieldPath, findings: Findings): void {
  const { uriRegexRewrite } = route.rewrite ?? {};
  const [uri, authority] = [given(route.rewrite?.uri), given(route.rewrite?.authority)];
  const at = [...path, 'rewrite'];
  if (uri === undefined && authority === undefined && uriRegexRewrite === undefined) {
    findings.error(
      at,
      'rewrite must specify uri, uriRegexRewrite or authority',
      'E.g. `rewrite: { uri: / }`.',
    );
  }
  if (uri !== undefined && uriRegexRewrite !== undefined)
    findings.error([...at, 'uriRegexRewrite'], 'uri and uriRegexRewrite exclude each other', 'Keep one.');
  if (uri !== undefined && /\s/.test(uri))
    findings.error(
      [...at, 'uri'],
      'a path with a blank is no valid path',
      'To remove a prefix, match `prefix: /v1/` and write `uri: /`.',
    );
  if (uriRegexRewrite === undefined) return;
  const fault = regexFault(uriRegexRewrite.match ?? '');
  if (fault !== null) findings.error([...at, 'uriRegexRewrite', 'match'], fault);
  if ((uriRegexRewrite.rewrite ?? '') === '')
    findings.error([...at, 'uriRegexRewrite', 'rewrite'], 'rewrite must not be empty');
}

export function validateFault({ delay, abort }: HttpFault, path: FieldPath, findings: Findings): void {
  if (delay === undefined && abort === undefined)
    findings.error(path, 'fault must have an abort or a delay', 'Is its content indented?');
  if (delay !== undefined) {
    if (delay.exponentialDelay !== undefined)
      findings.error(
        [...path, 'delay', 'exponentialDelay'],
        'exponentialDelay is not supported',
        'Use fixedDelay.',
      );
    else if (delay.fixedDelay === undefined)
      findings.error([...path, 'delay', 'fixedDelay'], 'fixedDelay is required', 'E.g. `fixedDelay: 5s`.');
    checkDuration(delay.fixedDelay, [...path, 'delay', 'fixedDelay'], findings);
    checkPercent(delay.percentage?.value, [...path, 'delay', 'percentage', 'value'], findings);
    if (delay.percent !== undefined) {
      const at = [...path, 'delay', 'percent'];
      checkPercent(delay.percent, at, findings);
      const remedy = `Write \`percentage: { value: ${delay.percent} }\`.`;
      findings.warn(at, 'percent is deprecated', remedy, 'IST0002');
    }
    if (delay.percentage === undefined && delay.percent === undefined) {
      findings.warn(
        [...path, 'delay'],
        'without percentage a delay applies to 0 % of the requests',
        'Add `percentage: { value: 100 }`.',
      );
    }
  }
  if (abort !== undefined) {
    const { httpStatus, grpcStatus, http2Error } = abort;
    if (http2Error !== undefined)
      findings.error([...path, 'abort', 'http2Error'], 'http2Error is not supported', 'Use httpStatus.');
    if (httpStatus !== undefined && (httpStatus < 200 || httpStatus > 599)) {
      findings.error(
        [...path, 'abort', 'httpStatus'],
        `httpStatus ${httpStatus} must be in the range 200..599`,
      );
    }
    if (httpStatus === undefined && grpcStatus === undefined && http2Error === undefined) {
      findings.warn([...path, 'abort'], 'abort without httpStatus or grpcStatus has no effect');
    }
    if (grpcStatus !== undefined && !(grpcStatus in GRPC_CODES)) {
      findings.error(
        [...path, 'abort', 'grpcStatus'],
        `unknown gRPC status ${JSON.stringify(grpcStatus)}`,
        `Use one of ${Object.keys(GRPC_CODES).join(', ')}.`,
      );
    }
    checkPercent(abort.percentage?.value, [...path, 'abort', 'percentage', 'value'], findings);
    if (abort.percentage === undefined) {
      findings.warn(
        [...path, 'abort'],
        'without percentage an abort applies to 0 % of the requests',
        'Add `percentage: { value: 100 }`.',
      );
    }
  }
}

/** google.golang.org/grpc/codes */
export const GRPC_CODES: Readonly<Record<string, number>> = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
};

const RETRY_WORDS: ReadonlySet<string> = new Set([
  ...[
    '5xx',
    'gateway-error',
    'reset',
    'reset-before-request',
    'connect-failure',
    'retriable-4xx',
    'refused-stream',
  ],
  ...['retriable-status-codes', 'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure'],
  ...['cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable'],
]);

export function validateRetries(retries: HttpRetry, path: FieldPath, findings: Findings): void {
  const { attempts = 0, retryOn } = retries;
  if (attempts < 0) findings.error([...path, 'attempts'], `attempts ${attempts} must not be negative`);
  const idle = (['perTryTimeout', 'retryOn', 'retryRemoteLocalities'] as const).find(
    (field) => retries[field] !== undefined && retries[field] !== '',
  );
  if (attempts === 0 && idle !== undefined) {
    findings.error(
      [...path, idle],
      `${idle} has no effect with attempts 0`,
      'Set attempts to at least 1, or leave the rest out.',
    );
  }
  checkDuration(retries.perTryTimeout, [...path, 'perTryTimeout'], findings);
  checkDuration(retries.backoff, [...path, 'backoff'], findings);
  for (const word of retryOn === undefined || retryOn === '' ? [] : retryOn.split(',')) {
    const isStatus = /^[0-9]+$/.test(word) && Number(word) >= 100 && Number(word) < 600;
    if (isStatus || RETRY_WORDS.has(word)) continue;
    const remedy = RETRY_WORDS.has(word.trim())
      ? 'Remove the blanks: the list is separated by commas alone.'
      : `Known: ${[...RETRY_WORDS].join(', ')}, and status codes.`;
    findings.error([...path, 'retryOn'], `unknown retryOn ${JSON.stringify(word)}`, remedy);
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'];

export function validateCors(cors: CorsPolicy, path: FieldPath, findings: Findings): void {
  if (cors.allowOrigin !== undefined)
    findings.warn(
      [...path, 'allowOrigin'],
      'allowOrigin is deprecated',
      'Write `allowOrigins: [{ exact: ... }]`, for any origin `[{ regex: ".*" }]`.',
      'IST0002',
    );
  (cors.allowOrigins ?? []).forEach((origin, index) => {
    const at = [...path, 'allowOrigins', index];
    checkStringMatch(origin, at, findings);
    if (Object.values(origin).every((value) => value === undefined || value === ''))
      findings.error(at, 'an entry of allowOrigins must not be empty', 'E.g. `exact: https://shop.example`.');
  });
  (cors.allowMethods ?? []).forEach((method, index) => {
    if (!METHODS.includes(method))
      findings.error(
        [...path, 'allowMethods', index],
        `unsupported HTTP method ${JSON.stringify(method)}`,
        `Use one of ${METHODS.join(', ')}.`,
      );
  });
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    (cors[field] ?? []).forEach((name, index) => {
      if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name))
        findings.error([...path, field, index], `invalid header name ${JSON.stringify(name)}`);
    });
  }
  const maxAgeMs = cors.maxAge === undefined ? 0 : (parseDurationMs(cors.maxAge) ?? 0);
  if (maxAgeMs % 1000 !== 0)
    findings.error([...path, 'maxAge'], 'maxAge must be in whole seconds', 'Leave out the fraction.');
  else checkDuration(cors.maxAge, [...path, 'maxAge'], findings);
}
