import type { NodeSpec } from '../../model/node.ts';
import { BODY_NOT_TOLD, type RequestHead } from '../codec/head.ts';
import { applyHeaderOps } from '../policy/header-ops.ts';
import { getHeader, setHeader } from '../policy/headers.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';

/** What becomes of a request's head on its way to a host: once, before the first attempt. */
export function editForHost(exchange: ForwardedExchange): void {
  const { request, destination, route, pipeline } = exchange;
  if (destination?.requestOps != null) applyHeaderOps(destination.requestOps, request.headers, exchange);
  const own = pipeline.node.headers;
  const tellsOriginals = own?.omitsDebugHeaders !== true;
  if (route.rewrite !== null) {
    if (tellsOriginals) setHeader(request.headers, 'x-envoy-original-path', request.path);
    request.path = route.rewrite(request.path);
  }
  for (const authority of destination?.authorities ?? []) {
    if (tellsOriginals) setHeader(request.headers, 'x-envoy-original-host', request.authority);
    if (own?.tellsHost === true) tellForwardedHost(request);
    request.authority = authority;
  }
  if (request.expectContinue) answerExpectation(exchange);
  if (pipeline.direction !== 'inbound' && route.spec.decorator !== '')
    setHeader(request.headers, 'x-envoy-decorator-operation', route.spec.decorator);
}

/** The last entry is the Host before it was rewritten, once (Envoy's append_x_forwarded_host). */
function tellForwardedHost({ headers, authority }: RequestHead): void {
  const before = getHeader(headers, FORWARDED_HOST) ?? '';
  if (before === '') setHeader(headers, FORWARDED_HOST, authority);
  else if (before.split(',').at(-1) !== authority)
    setHeader(headers, FORWARDED_HOST, `${before},${authority}`);
}

const FORWARDED_HOST = 'x-forwarded-host';

/** The proxy takes the body itself, and asks the host for nothing (Envoy's proxy_100_continue is off). */
export function answerExpectation({ request, downstream }: ForwardedExchange): void {
  request.expectContinue = false;
  downstream.sendInterim({
    ...{ status: 100, reason: '', version: 'HTTP/1.1', headers: [], contentLength: BODY_NOT_TOLD },
    upgrade: '',
  });
}

/** A gRPC host reads `grpc-timeout`. */
export function tellTimeout(
  { headers }: RequestHead,
  limitMs: number,
  isGrpc: boolean,
  { headers: own }: NodeSpec,
): void {
  if (own?.omitsDebugHeaders !== true) setHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(limitMs));
  if (isGrpc) setHeader(headers, 'grpc-timeout', `${limitMs}m`);
}
