import type { PathMatchSpec, RewriteSpec } from '../../model/route.ts';
import { pathOf, queryOf } from './path-matcher.ts';
import { compileRegex } from './regex.ts';

export type PathRewrite = (target: string) => string;

/**
 * `rewrite.uri` and `uriRegexRewrite` on a request target. A prefix is replaced by length, so it works with
 * `ignoreUriCase` too; slashes are not cleaned up; the query is kept behind whatever the new path is, even if that
 * has a `?` of its own (ISTIO.md, correction 5).
 */
export function createPathRewrite(
  rewrite: RewriteSpec['path'],
  match: PathMatchSpec | null,
): PathRewrite | null {
  if (rewrite === null) return null;
  switch (rewrite.kind) {
    case 'full':
      return (target) => rewrite.value + queryOf(target);
    case 'prefix': {
      const length = match?.kind === 'prefix' ? match.value.length : 1;
      return (target) => rewrite.value + target.slice(length);
    }
    case 'regex': {
      const regex = compileRegex(rewrite.pattern);
      return (target) => regex.replaceAll(pathOf(target), rewrite.substitution) + queryOf(target);
    }
  }
}
