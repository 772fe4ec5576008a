import type { HeaderMatchSpec, QueryParamMatchSpec } from '../../model/route.ts';
import type { RequestHead } from '../codec/head.ts';
import { getHeaderLines } from './headers.ts';
import { queryOf } from './path-matcher.ts';
import { createStringMatcher } from './string-match.ts';

/** What routes are matched against. `path` is normalised and holds the query. */
export interface RequestView {
  readonly head: RequestHead;
  readonly path: string;
  readonly scheme: string;
}

export type RequestMatcher = (request: RequestView) => boolean;

/** A header is matched line by line, one match is enough; inverted, no line may match (ISTIO.md, correction 33). */
export function createHeaderMatcher(spec: HeaderMatchSpec): RequestMatcher {
  const matches = createStringMatcher(spec.match);
  const read = valueReader(spec.name);
  if (!spec.invert) return (request) => read(request).some(matches);
  const ifMissing = !(spec.missingIsEmpty && matches(''));
  return (request) => {
    const lines = read(request);
    return lines.length === 0 ? ifMissing : !lines.some(matches);
  };
}

function valueReader(name: string): (request: RequestView) => readonly string[] {
  switch (name) {
    case ':method':
      return ({ head }) => [head.method];
    case ':path':
      return ({ path }) => [path];
    case ':scheme':
      return ({ scheme }) => [scheme];
    case ':authority':
    case 'host':
      return ({ head }) => [head.authority];
    default:
      return ({ head }) => getHeaderLines(head.headers, name);
  }
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
