import type { GeneratedCookieSpec, HashPolicySpec } from '../../model/route.ts';
import type { RequestHead } from '../codec/head.ts';
import { hashText } from './balancer/hash.ts';
import { readQueryParam } from './header-matcher.ts';
import { getHeader, getHeaderLines } from './headers.ts';

/** The connection that a request came on, as far as it is hashed. */
export interface HashedPeer {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface RequestHash {
  /** null = nothing of what the policies look at is there: any host will do. */
  readonly hash: number | null;
  /** `set-cookie` values that the caller must get, so that it comes back with them. */
  readonly cookies: readonly string[];
}

/** One policy's part: the text that it hashes, null = absent. */
type HashSource = (
  head: RequestHead,
  peer: HashedPeer,
  cookies: string[],
  clientAddress: string,
) => string | null;

/** `clientAddress`: by the word of proxies before this one, which may be another than the peer's. */
export type HashPolicies = (head: RequestHead, peer: HashedPeer, clientAddress: string) => RequestHash;

/** Envoy's HashPolicyImpl; null where a route hashes nothing. */
export function createHashPolicies(specs: readonly HashPolicySpec[]): HashPolicies | null {
  if (specs.length === 0) return null;
  const sources = specs.map(createSource);
  return (head, peer, clientAddress) => {
    const cookies: string[] = [];
    let hash: number | null = null;
    for (const source of sources) {
      const text = source(head, peer, cookies, clientAddress);
      if (text === null) continue;
      // Turned by one bit, so that two equal policies do not cancel each other out.
      const before: number = hash ?? 0;
      hash = (((before << 1) | (before >>> 31)) ^ hashText(text)) >>> 0;
    }
    return { hash, cookies };
  };
}

function createSource({ kind, name, cookie }: HashPolicySpec): HashSource {
  switch (kind) {
    case 'header':
      return createHeaderSource(name);
    case 'query':
      return ({ path }) => readQueryParam(path, name);
    case 'source-ip':
      return (_head, _peer, _cookies, clientAddress) => clientAddress;
    case 'cookie':
      return createCookieSource(name, cookie);
  }
}

function createHeaderSource(name: string): HashSource {
  switch (name) {
    case 'host':
    case ':authority':
      return ({ authority }) => authority;
    case ':path':
      return ({ path }) => path;
    case ':method':
      return ({ method }) => method;
    default:
      return ({ headers }) => {
        const lines = getHeaderLines(headers, name);
        // Their order says nothing of the caller.
        return lines.length === 0 ? null : lines.sort().join('');
      };
  }
}

function createCookieSource(name: string, generated: GeneratedCookieSpec | null): HashSource {
  return (head, peer, cookies) => {
    const value = readCookie(head, name);
    if (value !== null && value !== '') return value;
    if (generated === null) return null;
    const made = cookieFor(peer);
    cookies.push(formatCookie(name, made, generated));
    return made;
  };
}

function readCookie({ headers }: RequestHead, name: string): string | null {
  if (getHeader(headers, 'cookie') === undefined) return null;
  for (const line of getHeaderLines(headers, 'cookie')) {
    for (const part of line.split(';')) {
      const at = part.indexOf('=');
      if (at > 0 && part.slice(0, at).trim() === name) return unquote(part.slice(at + 1).trim());
    }
  }
  return null;
}

const unquote = (value: string) =>
  value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;

/** The same for all requests of one connection: those that race must get the same cookie. */
function cookieFor({ remoteAddress, remotePort, localAddress, localPort }: HashedPeer): string {
  const connection = `${remoteAddress}:${remotePort}${localAddress}:${localPort}`;
  const hex = (seed: number) => hashText(connection, seed).toString(16).padStart(8, '0');
  return hex(0) + hex(1);
}

/** In Envoy's form and order. */
function formatCookie(name: string, value: string, { ttlMs, path, attributes }: GeneratedCookieSpec): string {
  const maxAge = Math.floor(ttlMs / 1000);
  return [
    `${name}="${value}"`,
    ...(maxAge > 0 ? [`Max-Age=${maxAge}`] : []),
    ...(path === '' ? [] : [`Path=${path}`]),
    ...attributes.map(([key, text]) => (text === '' ? key : `${key}=${text}`)),
    'HttpOnly',
  ].join('; ');
}
