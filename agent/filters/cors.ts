import type { RequestHead } from '../codec/head.ts';
import { corsPreflight } from '../exchange/failure.ts';
import type { Filter } from '../exchange/filter.ts';
import { addCorsHeaders, preflightHeaders } from '../policy/cors.ts';
import { getHeader } from '../policy/headers.ts';

/**
 * VirtualService's corsPolicy: answers preflights of allowed origins, and marks the answers to their requests. It
 * refuses nothing: a request of a foreign origin is served like any other, and its browser refuses the answer.
 * Behind the fault filter, so an injected abort has none of these headers.
 */
export function createCorsFilter(): Filter {
  return {
    name: 'cors',
    onRequest(exchange) {
      const { route, request } = exchange;
      const policy = route.cors;
      if (policy === null) return 'continue';
      const origin = getHeader(request.headers, 'origin') ?? '';
      if (origin === '') return 'continue';
      const isAllowed = policy.allowsOrigin(origin);
      if (isAllowed) exchange.corsOrigin = origin;
      const method = requestedMethod(request);
      if (method === '' || (!isAllowed && policy.spec.forwardUnmatchedPreflights)) return 'continue';
      const headers = getHeader(request.headers, 'access-control-request-headers') ?? '';
      exchange.sendLocalReply(corsPreflight(preflightHeaders(policy, { method, headers })));
      return 'stop';
    },
    onResponse(exchange, head) {
      if (exchange.corsOrigin === '') return;
      const policy = exchange.route.cors;
      if (policy !== null) addCorsHeaders(policy, exchange.corsOrigin, head.headers);
    },
  };
}

/** '' = the request is no preflight. */
function requestedMethod({ method, headers }: RequestHead): string {
  return method === 'OPTIONS' ? (getHeader(headers, 'access-control-request-method') ?? '') : '';
}
