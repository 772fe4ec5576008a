import type { RequestHead } from '../../codec/head.ts';
import type { JwtClaims } from '../authentication/claims.ts';
import { pathOf } from '../path-matcher.ts';
import { parseAddress } from './ip-range.ts';

/** What policies ask of a connection. */
export interface SubjectPeer {
  readonly remoteAddress: string;
  /** SPIFFE id, '' = not known. */
  readonly identity: string;
  readonly originalDestination: { readonly address: string; readonly port: number };
  /** Name of the TLS handshake (SNI); absent = none. */
  readonly serverName?: string;
}

/** A SPIFFE id in its parts; all are '' where the caller has none, or none of the mesh's form. */
export interface CallerIdentity {
  /** Without the scheme: `cluster.local/ns/default/sa/client`. */
  readonly principal: string;
  readonly trustDomain: string;
  readonly namespace: string;
  /** `namespace/account`. */
  readonly serviceAccount: string;
}

const NOBODY: CallerIdentity = { principal: '', trustDomain: '', namespace: '', serviceAccount: '' };

/** One request, or one connection (`request` null), as rules see it; what takes work is done when a rule asks. */
export class Subject {
  readonly peer: SubjectPeer;
  readonly request: RequestHead | null;
  /** Normalised, without query. */
  readonly path: string;
  readonly claims: JwtClaims | null;
  readonly #remoteText: () => string;
  #identity: CallerIdentity | null = null;
  #source: readonly number[] | null = null;
  #remote: readonly number[] | null = null;

  constructor(
    peer: SubjectPeer,
    request: RequestHead | null,
    claims: JwtClaims | null,
    /** Where the client is by the word of proxies; asked at most once. */
    remoteAddress: () => string,
  ) {
    this.peer = peer;
    this.request = request;
    this.path = request === null ? '' : pathOf(request.path);
    this.claims = claims;
    this.#remoteText = remoteAddress;
  }

  get identity(): CallerIdentity {
    this.#identity ??= parseIdentity(this.peer.identity);
    return this.#identity;
  }

  get source(): readonly number[] {
    this.#source ??= parseAddress(this.peer.remoteAddress) ?? NO_ADDRESS;
    return this.#source;
  }

  /** The peer's own address where what proxies say is no address. */
  get remote(): readonly number[] {
    this.#remote ??= parseAddress(this.#remoteText()) ?? this.source;
    return this.#remote;
  }

  get destination(): readonly number[] {
    return parseAddress(this.peer.originalDestination.address) ?? NO_ADDRESS;
  }
}

/** In no range, not even in one of length 0. */
const NO_ADDRESS: readonly number[] = [];

function parseIdentity(identity: string): CallerIdentity {
  if (identity === '') return NOBODY;
  const principal = identity.startsWith('spiffe://') ? identity.slice(9) : identity;
  const match = /^([^/]*)\/ns\/([^/]*)\/sa\/([^/]*)$/.exec(principal);
  if (match === null) return { ...NOBODY, principal };
  const [, trustDomain = '', namespace = '', account = ''] = match;
  return { principal, trustDomain, namespace, serviceAccount: `${namespace}/${account}` };
}
