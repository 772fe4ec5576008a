import type { ForwardsCertificate } from '../../model/node.ts';
import type { Headers } from '../codec/head.ts';
import { getHeader, getHeaderLines, removeHeader, setHeader } from '../policy/headers.ts';
import type { Exchange } from './exchange-view.ts';

/** The `server` header of answers: Istio overwrites it everywhere. */
export const SERVER_NAME = { outbound: 'envoy', inbound: 'istio-envoy', gateway: 'istio-envoy' } as const;

const FORCE_TRACE = 'x-envoy-force-trace';

/** Requests for retries and timeouts by header are not honoured, and removed (ISTIO.md, correction 13). */
const NEVER_FORWARDED = [
  'x-envoy-upstream-rq-timeout-ms',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-retry-on',
  'x-envoy-retry-grpc-on',
  'x-envoy-max-retries',
  'x-envoy-retriable-status-codes',
  'x-envoy-retriable-header-names',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-upstream-alt-stat-name',
  FORCE_TRACE,
  'x-envoy-internal',
  'x-envoy-ip-tags',
];

const CLIENT_CERTIFICATE = 'x-forwarded-client-cert';
const FORWARDED_FOR = 'x-forwarded-for';
const FORWARDED_PORT = 'x-forwarded-port';
const DECORATOR = 'x-envoy-decorator-operation';

/** What a stranger must not say to a gateway: Envoy removes these from external requests. */
const INTERNAL_ONLY = [
  ...NEVER_FORWARDED,
  'x-envoy-attempt-count',
  DECORATOR,
  'x-envoy-downstream-service-cluster',
  'x-envoy-external-address',
  'x-envoy-original-host',
  'x-envoy-original-path',
];

const X_ENVOY = 'x-envoy-';

/** Adds and removes what every proxy of this direction does before routing (ISTIO.md §8). */
export function prepareRequest(exchange: Exchange): void {
  const { headers } = exchange.request;
  switch (exchange.pipeline.direction) {
    case 'gateway':
      prepareAtGateway(exchange);
      break;
    case 'outbound':
      if (mentionsEnvoy(headers)) {
        exchange.isTraceForced = getHeader(headers, FORCE_TRACE) !== undefined;
        for (const name of NEVER_FORWARDED) removeHeader(headers, name);
      }
      removeHeader(headers, CLIENT_CERTIFICATE);
      break;
    case 'inbound':
      if (mentionsEnvoy(headers)) {
        exchange.isTraceForced = getHeader(headers, FORCE_TRACE) !== undefined;
        exchange.operation = getHeader(headers, DECORATOR) ?? null;
        removeHeader(headers, DECORATOR);
        for (const name of NEVER_FORWARDED) removeHeader(headers, name);
      }
      tellCertificate(exchange, 'APPEND_FORWARD');
      break;
  }
  const proto = getHeader(headers, 'x-forwarded-proto');
  if (proto === undefined) {
    exchange.scheme = exchange.peer.isTls && exchange.pipeline.direction === 'gateway' ? 'https' : 'http';
    headers.push('x-forwarded-proto', exchange.scheme);
  } else exchange.scheme = proto;
  const id = getHeader(headers, 'x-request-id');
  if (exchange.pipeline.node.headers?.omitsRequestId === true) exchange.requestId = id ?? '';
  else if (id === undefined || id === '') {
    exchange.requestId = exchange.pipeline.services.createRequestId();
    setHeader(headers, 'x-request-id', exchange.requestId);
  } else exchange.requestId = id;
}

/** Only TLS proves a certificate: over plaintext the header is anybody's word, and goes (Envoy's mutateXfccRequestHeader). */
function tellCertificate({ request, peer, pipeline }: Exchange, byDefault: ForwardsCertificate): void {
  const { headers } = request;
  const { clientCertificate: own } = peer;
  const mode = pipeline.node.headers?.clientCertificate ?? byDefault;
  if (mode === 'ALWAYS_FORWARD_ONLY') return;
  if (mode === 'SANITIZE' || own === undefined) {
    removeHeader(headers, CLIENT_CERTIFICATE);
    return;
  }
  if (mode === 'FORWARD_ONLY') return;
  // What a proxy before said of its own caller stays in front, or goes.
  const before = mode === 'APPEND_FORWARD' ? getHeader(headers, CLIENT_CERTIFICATE) : undefined;
  setHeader(headers, CLIENT_CERTIFICATE, before === undefined ? own : `${before},${own}`);
}

/** One cheap look spares most requests the removals, each of which walks all headers. */
function mentionsEnvoy(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    // The `e` in lower case: it tells the name from `x-forwarded-…` and `x-request-id` without a new string.
    const mayBe = name.length > X_ENVOY.length && (name.charCodeAt(2) | 0x20) === 0x65;
    if (mayBe && name.slice(0, X_ENVOY.length).toLowerCase() === X_ENVOY) return true;
  }
  return false;
}

/** The edge believes nobody but its trusted proxies (Envoy's `use_remote_address`). */
function prepareAtGateway(exchange: Exchange): void {
  const { headers } = exchange.request;
  const { remoteAddress, localPort } = exchange.peer;
  const forwardedFor = readForwardedFor(headers);
  if (mentionsEnvoy(headers)) for (const name of INTERNAL_ONLY) removeHeader(headers, name);
  tellCertificate(exchange, 'SANITIZE_SET');
  const { headers: own, numTrustedProxies: hops } = exchange.pipeline.node;
  if (own?.omitsRequestId !== true) removeHeader(headers, 'x-request-id');
  setHeader(
    headers,
    FORWARDED_FOR,
    forwardedFor === undefined ? remoteAddress : `${forwardedFor},${remoteAddress}`,
  );
  if (hops === 0) removeHeader(headers, 'x-forwarded-proto');
  if (own?.tellsPort === true && (hops === 0 || getHeader(headers, FORWARDED_PORT) === undefined))
    setHeader(headers, FORWARDED_PORT, String(localPort));
  headers.push('x-envoy-external-address', externalAddress(forwardedFor ?? '', remoteAddress, hops));
}

/** All lines as one list: a proxy may have added its own line behind one that its caller made up. */
function readForwardedFor(headers: Headers): string | undefined {
  const first = getHeader(headers, FORWARDED_FOR);
  return first === undefined ? undefined : getHeaderLines(headers, FORWARDED_FOR).join(',');
}

/** The address `hops` places from the right of x-forwarded-for; the peer itself without trusted proxies. */
function externalAddress(forwardedFor: string, remoteAddress: string, hops: number): string {
  if (hops === 0) return remoteAddress;
  const addresses = forwardedFor.split(',').map((address) => address.trim());
  return addresses.at(-hops) || remoteAddress;
}
