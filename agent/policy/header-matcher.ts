import type { HeaderMatchSpec, QueryParamMatchSpec } from '../../model/route.ts';
import type { RequestHead } from '../codec/head.ts';
import { type JwtClaims, readClaim, someText } from './authentication/claims.ts';
import { someLine } from './headers.ts';
import { queryOf } from './path-matcher.ts';
import { createStringMatcher, type StringMatcher } from './string-match.ts';
import { toWireText } from './wire-text.ts';

/** What routes are matched against. `path` is normalised and holds the query. */
export interface RequestView {
  readonly head: RequestHead;
  readonly path: string;
  readonly scheme: string;
  /** Of a verified token; absent or null = there was none. */
  readonly claims?: JwtClaims | null;
}

export type RequestMatcher = (request: RequestView) => boolean;

/** A header is matched line by line, one match is enough; inverted, no line may match (ISTIO.md, correction 33). */
export function createHeaderMatcher(spec: HeaderMatchSpec): RequestMatcher {
  const matches = createStringMatcher(spec.match);
  const look = createLook(spec.name);
  if (!spec.invert) return (request) => look(request, matches) === true;
  const ifMissing = !(spec.missingIsEmpty && matches(''));
  return (request) => {
    const found = look(request, matches);
    return found === undefined ? ifMissing : !found;
  };
}

/** Whether a line of one header matches; undefined = there is none. Makes no list of lines: rules are many. */
type Look = (request: RequestView, matches: StringMatcher) => boolean | undefined;

function createLook(name: string): Look {
  if (name.startsWith(CLAIMS)) return createClaimLook(claimSteps(name.slice(CLAIMS.length)));
  switch (name) {
    case ':method':
      return ({ head }, matches) => matches(head.method);
    case ':path':
      return ({ path }, matches) => matches(path);
    case ':scheme':
      return ({ scheme }, matches) => matches(scheme);
    case ':authority':
    case 'host':
      return ({ head }, matches) => matches(head.authority);
    default:
      return ({ head }, matches) => someLine(head.headers, name, matches);
  }
}

/** Conditions on claims stand among the headers, under a name that no header can have (HTTPMatchRequest.headers). */
const CLAIMS = '@request.auth.claims';

/** `.realm.role` and `[realm][role]` mean the same. */
function claimSteps(text: string): string[] {
  if (text.startsWith('.')) return text.slice(1).split('.');
  return [...text.matchAll(/\[([^[\]]*)\]/g)].map(([, step = '']) => step);
}

function createClaimLook(steps: readonly string[]): Look {
  return ({ claims }, matches) => {
    const value = claims === undefined || claims === null ? undefined : readClaim(claims, steps);
    // Claims are Unicode, and matchers made for heads.
    return value === undefined ? undefined : someText(value, (text) => matches(toWireText(text)));
  };
}

/** The first parameter of that name, compared undecoded; a name without `=` has the value ''. */
export function createQueryMatcher(spec: QueryParamMatchSpec): RequestMatcher {
  const matches = createStringMatcher(spec.match);
  return ({ path }) => {
    const value = readQueryParam(path, spec.name);
    return value !== null && matches(value);
  };
}

export function readQueryParam(target: string, name: string): string | null {
  for (const pair of queryOf(target).slice(1).split('&')) {
    const at = pair.indexOf('=');
    if ((at < 0 ? pair : pair.slice(0, at)) === name) return at < 0 ? '' : pair.slice(at + 1);
  }
  return null;
}
