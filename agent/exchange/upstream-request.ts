import { BODY_NOT_TOLD, type RequestHead } from '../codec/head.ts';
import { applyHeaderOps } from '../policy/header-ops.ts';
import { setHeader } from '../policy/headers.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';

/** What becomes of a request's head on its way to a host: once, before the first attempt. */
export function editForHost(exchange: ForwardedExchange): void {
  const { request, destination, route, pipeline } = exchange;
  if (destination?.requestOps != null) applyHeaderOps(destination.requestOps, request.headers, exchange);
  if (route.rewrite !== null) {
    setHeader(request.headers, 'x-envoy-original-path', request.path);
    request.path = route.rewrite(request.path);
  }
  for (const authority of destination?.authorities ?? []) {
    setHeader(request.headers, 'x-envoy-original-host', request.authority);
    request.authority = authority;
  }
  if (request.expectContinue) answerExpectation(exchange);
  if (pipeline.direction !== 'inbound' && route.spec.decorator !== '')
    setHeader(request.headers, 'x-envoy-decorator-operation', route.spec.decorator);
}

/** The proxy takes the body itself, and asks the host for nothing (Envoy's proxy_100_continue is off). */
export function answerExpectation({ request, downstream }: ForwardedExchange): void {
  request.expectContinue = false;
  downstream.sendInterim({
    ...{ status: 100, reason: '', version: 'HTTP/1.1', headers: [], contentLength: BODY_NOT_TOLD },
    upgrade: '',
  });
}

/** A gRPC host reads `grpc-timeout`. */
export function tellTimeout({ headers }: RequestHead, limitMs: number, isGrpc: boolean): void {
  setHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(limitMs));
  if (isGrpc) setHeader(headers, 'grpc-timeout', `${limitMs}m`);
}
