import type { HttpMatch, StringMatch } from '../../../istio/schema/virtual-service.ts';
import type {
  HeaderMatchSpec,
  PathMatchSpec,
  RouteMatchSpec,
  StringMatchSpec,
} from '../../../model/route.ts';

const ANY_PATH: PathMatchSpec = { kind: 'prefix', value: '/', ignoreCase: false };

/** Without a match every path, as the prefix `/`: so a rewrite has something to replace, as in Istio. */
export const MATCH_ALL: RouteMatchSpec = { path: ANY_PATH, headers: [], queryParams: [] };

/** HTTPMatchRequest without its static conditions (gateways, source, port), which are decided before. */
export function compileHttpMatch(match: HttpMatch): RouteMatchSpec {
  return {
    path: compilePath(match.uri, match.ignoreUriCase ?? false),
    headers: [...pseudoHeaders(match), ...headers(match), ...withoutHeaders(match)],
    queryParams: Object.entries(match.queryParams ?? {})
      .sort(byName)
      .map(([name, value]) => ({ name, match: compileStringMatch(value) })),
  };
}

function compilePath(uri: StringMatch | undefined, ignoreCase: boolean): PathMatchSpec {
  const match = compileStringMatch(uri);
  return match.kind === 'present' || match.kind === 'suffix'
    ? ANY_PATH
    : { kind: match.kind, value: match.value, ignoreCase };
}

export function compileStringMatch(match: StringMatch | null | undefined): StringMatchSpec {
  if (match?.exact !== undefined) return { kind: 'exact', value: match.exact };
  if (match?.prefix !== undefined) return { kind: 'prefix', value: match.prefix };
  // `*` is no RE2; Istio's translation turns it into presence.
  if (match?.regex !== undefined && match.regex !== '*') return { kind: 'regex', value: match.regex };
  return { kind: 'present' };
}

function pseudoHeaders(match: HttpMatch): HeaderMatchSpec[] {
  return (['method', 'authority', 'scheme'] as const)
    .filter((field) => match[field] !== undefined)
    .map((field) => headerMatch(`:${field}`, match[field], false));
}

/**
 * `@request.auth.claims.x` stays a condition under its own name, which no header can have: a claim of a token that
 * nobody has checked matches nothing, and must not open a rule to everybody.
 */
function headers(match: HttpMatch): HeaderMatchSpec[] {
  return Object.entries(match.headers ?? {})
    .sort(byName)
    .map(([name, value]) => headerMatch(headerName(name), value, false));
}

function withoutHeaders(match: HttpMatch): HeaderMatchSpec[] {
  return Object.entries(match.withoutHeaders ?? {})
    .sort(byName)
    .map(([name, value]) => headerMatch(headerName(name), value, true));
}

/** Claims are case-sensitive. */
const headerName = (name: string) => (name.startsWith('@') ? name : name.toLowerCase());

/** A missing header is compared as '' before inversion, unless only presence is asked for (ISTIO.md §1.2). */
function headerMatch(name: string, value: StringMatch | null | undefined, invert: boolean): HeaderMatchSpec {
  const match = compileStringMatch(value);
  return { name, match, invert, missingIsEmpty: invert && match.kind !== 'present' };
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : a > b ? 1 : 0);
