import type { RedirectActionSpec } from '../../model/route.ts';
import { queryOf } from './path-matcher.ts';
import { toWireText } from './wire-text.ts';

export interface RedirectedRequest {
  /** `x-forwarded-proto` as the proxy sees it. */
  readonly scheme: string;
  readonly authority: string;
  /** Target with query. */
  readonly path: string;
  /** Length of the matched prefix, for `prefixRewrite`. */
  readonly prefixLength: number;
}

/** The `location` of a redirect, as Envoy builds it. */
export function redirectLocation(spec: RedirectActionSpec, request: RedirectedRequest): string {
  const scheme = spec.scheme ?? request.scheme;
  const port = spec.port === null ? '' : `:${spec.port}`;
  const host = spec.authority ?? (spec.keepsPort ? request.authority : keptHost(request, scheme, port));
  return `${scheme}://${host}${port}${redirectPath(spec, request)}`;
}

/**
 * Host as sent; its port goes where the redirect sets one, or where the scheme changes and it was the old scheme's
 * default.
 */
function keptHost({ authority, scheme }: RedirectedRequest, newScheme: string, newPort: string): string {
  const portAt = authority.startsWith('[') ? authority.lastIndexOf(']:') + 1 : authority.lastIndexOf(':');
  if (portAt <= 0) return authority;
  const oldPort = authority.slice(portAt);
  const isOldDefault = (scheme === 'https' && oldPort === ':443') || (scheme === 'http' && oldPort === ':80');
  return newPort !== '' || (newScheme !== scheme && isOldDefault) ? authority.slice(0, portAt) : authority;
}

/** A new path with a query of its own drops the old query; otherwise that is kept. */
function redirectPath({ path }: RedirectActionSpec, request: RedirectedRequest): string {
  if (path === null) return request.path;
  const value = toWireText(path.value);
  if (path.kind === 'prefix') return value + request.path.slice(request.prefixLength);
  return value.includes('?') ? value : value + queryOf(request.path);
}
