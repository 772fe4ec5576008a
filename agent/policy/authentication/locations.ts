import type { JwtRuleSpec } from '../../../model/authentication.ts';
import type { RequestHead } from '../../codec/head.ts';
import { readQueryParam } from '../header-matcher.ts';
import { getHeaderLines, removeHeader } from '../headers.ts';
import { pathOf, queryOf } from '../path-matcher.ts';

/** Places of a request where tokens are (JWTRule.fromHeaders, fromParams, fromCookies). */

export interface Location {
  readonly kind: 'header' | 'param' | 'cookie';
  readonly name: string;
  /** Of a header's value, in front of the token. */
  readonly prefix: string;
}

export function locationsOf({ fromHeaders, fromParams, fromCookies }: JwtRuleSpec): readonly Location[] {
  return [
    ...fromHeaders.map(
      ({ name, prefix }): Location => ({ kind: 'header', name: name.toLowerCase(), prefix }),
    ),
    ...fromParams.map((name): Location => ({ kind: 'param', name, prefix: '' })),
    ...fromCookies.map((name): Location => ({ kind: 'cookie', name, prefix: '' })),
  ];
}

/** null = nothing is there that claims to be a token. */
export function readLocation({ kind, name, prefix }: Location, head: RequestHead): string | null {
  switch (kind) {
    case 'header':
      return readHeader(head, name, prefix);
    case 'param':
      return head.path.includes('?') ? readQueryParam(head.path, name) : null;
    case 'cookie':
      return readCookie(head, name);
  }
}

/** Lines are joined, so that no second line of a name brings a token past this. */
function readHeader({ headers }: RequestHead, name: string, prefix: string): string | null {
  const lines = getHeaderLines(headers, name);
  if (lines.length === 0) return null;
  const value = lines.join(',');
  if (prefix === '') return value;
  const at = value.indexOf(prefix);
  return at < 0 ? null : tokenText(value.slice(at + prefix.length));
}

/** Up to the first character that no token has, as Envoy cuts it out; a text without any is given as it is. */
function tokenText(text: string): string {
  return /[A-Za-z0-9_.-]+/.exec(text)?.[0] ?? text;
}

function readCookie({ headers }: RequestHead, name: string): string | null {
  for (const line of getHeaderLines(headers, 'cookie')) {
    for (const pair of line.split(';')) {
      const at = pair.indexOf('=');
      if (at >= 0 && pair.slice(0, at).trim() === name) return unquote(pair.slice(at + 1).trim());
    }
  }
  return null;
}

const unquote = (text: string) => (/^".*"$/.test(text) ? text.slice(1, -1) : text);

/** Takes the token out of the request; one in a cookie stays (ISTIO.md, correction 23). */
export function removeFrom({ kind, name }: Location, head: RequestHead): void {
  if (kind === 'header') removeHeader(head.headers, name);
  else if (kind === 'param') head.path = withoutParam(head.path, name);
}

function withoutParam(target: string, name: string): string {
  const kept = queryOf(target)
    .slice(1)
    .split('&')
    .filter((pair) => pair !== name && !pair.startsWith(`${name}=`));
  return kept.length === 0 ? pathOf(target) : `${pathOf(target)}?${kept.join('&')}`;
}
