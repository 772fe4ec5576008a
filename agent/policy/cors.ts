import type { CorsSpec } from '../../model/route.ts';
import type { Headers } from '../codec/head.ts';
import { setHeader } from './headers.ts';
import { createStringMatcher } from './string-match.ts';

/** A route's corsPolicy, ready to be asked. */
export interface CorsPolicy {
  readonly spec: CorsSpec;
  allowsOrigin(origin: string): boolean;
}

/** What a preflight asks for, '' = nothing (Fetch standard, "CORS-preflight request"). */
export interface PreflightRequest {
  readonly method: string;
  readonly headers: string;
}

/** A matcher that takes a literal `*` takes every origin, as in Envoy. */
export function createCorsPolicy(spec: CorsSpec): CorsPolicy {
  const matchers = spec.allowOrigins.map(createStringMatcher);
  const allowsAny = matchers.some((matches) => matches('*'));
  return {
    spec,
    allowsOrigin: (origin) => allowsAny || matchers.some((matches) => matches(origin)),
  };
}

/**
 * What the answer to a preflight says beside {@link addCorsHeaders}. The lists are not compared with what was asked:
 * that is the browser's part. `*` is answered with what was asked, even if that is nothing (ISTIO.md, correction 8).
 */
export function preflightHeaders({ spec }: CorsPolicy, asked: PreflightRequest): Headers {
  const headers: Headers = [];
  const { allowMethods, allowHeaders, maxAge } = spec;
  if (spec.allowCredentials) headers.push('access-control-allow-credentials', 'true');
  if (allowMethods !== '')
    headers.push('access-control-allow-methods', allowMethods === '*' ? asked.method : allowMethods);
  if (allowHeaders !== '')
    headers.push('access-control-allow-headers', allowHeaders === '*' ? asked.headers : allowHeaders);
  if (maxAge !== '') headers.push('access-control-max-age', maxAge);
  return headers;
}

/** What every answer to an allowed origin says, over anything that a host said itself. */
export function addCorsHeaders({ spec }: CorsPolicy, origin: string, headers: Headers): void {
  setHeader(headers, 'access-control-allow-origin', origin);
  if (spec.allowCredentials) setHeader(headers, 'access-control-allow-credentials', 'true');
  if (spec.exposeHeaders !== '') setHeader(headers, 'access-control-expose-headers', spec.exposeHeaders);
}
