import type {
  CallerAttribute,
  IfAbsent,
  RateActionSpec,
  RateSpec,
  WindowSpec,
} from '../../../model/rate-limit.ts';
import { readClaim, requestPrincipal } from '../authentication/claims.ts';
import { createRuleTest } from '../authorization/authorizer.ts';
import type { SubjectTest } from '../authorization/condition.ts';
import type { Subject } from '../authorization/subject.ts';
import { createHeaderMatcher, type RequestView, readQueryParam } from '../header-matcher.ts';
import { getHeader } from '../headers.ts';
import { networkOf } from './network.ts';

/** What a request is counted as: entries in the order of the actions that made them. */
export interface Descriptor {
  readonly entries: readonly DescriptorEntry[];
  /** Told with it; null = nothing is. */
  readonly limit: WindowSpec | null;
}

export type DescriptorEntry = readonly [key: string, value: string];

/** One request, as actions see it. */
export interface RateSubject {
  readonly subject: Subject;
  readonly view: RequestView;
  /** The cluster that it goes to, '' = none. */
  readonly destination: string;
  /** Where the client is, by the word of trusted proxies. */
  readonly remoteAddress: string;
}

/** Compiled `rate_limits`: made once, when a snapshot is applied. */
export type Descriptors = (request: RateSubject) => readonly Descriptor[];

/** null = no rate of that stage, so no request has a descriptor. */
export function createDescriptors(rates: readonly RateSpec[], stage: number): Descriptors | null {
  const makers = rates.filter((rate) => rate.stage === stage).map(createRate);
  if (makers.length === 0) return null;
  return (request) => {
    const made: Descriptor[] = [];
    for (const make of makers) {
      const descriptor = make(request);
      if (descriptor !== null) made.push(descriptor);
    }
    return made;
  };
}

function createRate({ match, actions, limit }: RateSpec): (request: RateSubject) => Descriptor | null {
  const isMeant: SubjectTest | null = match === null ? null : createRuleTest(match);
  const readers = actions.map((action) => [action.key, createReader(action)] as const);
  return (request) => {
    if (isMeant !== null && !isMeant(request.subject)) return null;
    const entries: DescriptorEntry[] = [];
    for (const [key, read] of readers) {
      const value = read(request);
      if (value === null) return null;
      if (value !== undefined) entries.push([key, value]);
    }
    return entries.length === 0 ? null : { entries, limit };
  };
}

/** A value; undefined = no such entry; null = no descriptor at all. */
type Reader = (request: RateSubject) => string | undefined | null;

const ABSENT: Readonly<Record<IfAbsent, string | undefined | null>> = {
  ...{ 'no-descriptor': null, skip: undefined, empty: '' },
};

function createReader(action: RateActionSpec): Reader {
  switch (action.kind) {
    case 'constant':
      return () => action.value;
    case 'header': {
      const { name } = action;
      const absent = ABSENT[action.ifAbsent];
      return ({ view }) => readHeader(view, name) ?? absent;
    }
    case 'query': {
      const absent = ABSENT[action.ifAbsent];
      return ({ view }) => readQueryParam(view.path, action.name) ?? absent;
    }
    case 'header-match': {
      const matchers = action.headers.map(createHeaderMatcher);
      const { value, expectsMatch } = action;
      return ({ view }) => (matchers.every((matches) => matches(view)) === expectsMatch ? value : null);
    }
    case 'remote-address': {
      const { network } = action;
      if (network === null) return ({ remoteAddress }) => remoteAddress || null;
      return ({ remoteAddress }) => networkOf(remoteAddress, network.ipv4Bits, network.ipv6Bits);
    }
    case 'destination-cluster':
      return ({ destination }) => destination || null;
    case 'claim': {
      const absent = action.fallback === '' ? ABSENT[action.ifAbsent] : action.fallback;
      return ({ subject }) => readText(subject, action.steps) ?? absent;
    }
    case 'caller':
      return createCallerReader(action.attribute);
  }
}

/** The first line, and pseudo headers as Envoy has them: `:path` holds the query. */
function readHeader({ head, path, scheme }: RequestView, name: string): string | undefined {
  switch (name) {
    case ':path':
      return path;
    case ':method':
      return head.method;
    case ':authority':
    case 'host':
      return head.authority;
    case ':scheme':
      return scheme;
    default:
      return getHeader(head.headers, name);
  }
}

function readText({ claims }: Subject, steps: readonly string[]): string | undefined {
  const value = claims === null ? undefined : readClaim(claims, steps);
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** '' where it is not known: those are counted together. */
function createCallerReader(attribute: CallerAttribute): Reader {
  switch (attribute) {
    case 'source.principal':
      return ({ subject }) => subject.identity.principal;
    case 'source.namespace':
      return ({ subject }) => subject.identity.namespace;
    case 'source.serviceAccount':
      return ({ subject }) => subject.identity.serviceAccount;
    case 'source.ip':
      return ({ subject }) => subject.peer.remoteAddress;
    case 'request.auth.principal':
      return ({ subject: { claims } }) => (claims === null ? '' : requestPrincipal(claims));
    case 'request.host':
      return ({ view }) => view.head.authority.toLowerCase();
    case 'request.method':
      return ({ view }) => view.head.method;
  }
}
