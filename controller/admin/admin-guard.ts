import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback, isLoopbackHost } from '../../model/loopback.ts';

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** null = it came over the Unix socket, which only those reach who may use Docker. */
  readonly remoteAddress: string | null;
}

export interface Refusal {
  readonly status: 403 | 405 | 421;
  readonly error: string;
  readonly remedy: string;
}

/** What tells no secret and what Prometheus and health checks need, as istiod's own port has it. */
const OPEN_TO_ALL: ReadonlySet<string> = new Set(['/ready', '/metrics', '/version', '/http_sd']);

/** {@link refuseCaller} for pages that only read, all but a few of them. */
export function refuseAdminRequest(request: AdminRequest, token: string): Refusal | null {
  const { method, path } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, error: 'these pages only read', remedy: 'Change files of the config directory.' };
  return OPEN_TO_ALL.has(path) ? null : refuseCaller(request, token);
}

/**
 * Who may ask, null = this caller may. What tells of the mesh's configuration answers on the Unix socket, to who has the
 * token, and on loopback; and there no page of a browser may ask, by a name that was made to point to loopback (DNS
 * rebinding) or from another site.
 * @param token '' = there is none, and nobody has it
 */
export function refuseCaller(
  { headers, remoteAddress }: Pick<AdminRequest, 'headers' | 'remoteAddress'>,
  token: string,
): Refusal | null {
  if (remoteAddress === null || hasToken(headers, token)) return null;
  if (!isLoopback(remoteAddress))
    return {
      status: 403,
      error: 'this page answers on loopback, or to who has the token',
      remedy: 'Ask with `lateen`, or with `Authorization: Bearer` and what LATEEN_ADMIN_TOKEN was set to.',
    };
  if (!isLoopbackHost(headers.host ?? ''))
    return { status: 421, error: 'unknown host', remedy: 'Ask for localhost or for an address.' };
  return isFromAnotherSite(headers)
    ? { status: 403, error: 'asked from the page of another site', remedy: 'Open the page itself.' }
    : null;
}

export function hasToken({ authorization = '' }: IncomingHttpHeaders, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return token !== '' && timingSafeEqual(digest(authorization), digest(`Bearer ${token}`));
}

/** Browsers send Sec-Fetch-Site (Fetch Metadata); older ones Origin, where a script asks. */
export function isFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const { origin, host } = headers;
  return origin !== undefined && origin !== `http://${host ?? ''}`;
}

/** Nothing that these pages say is to run, to be framed, or to be kept. */
export const ADMIN_HEADERS = {
  'content-security-policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;
