import type { PathMatchSpec, RewriteSpec } from '../../model/route.ts';
import { pathOf, queryOf } from './path-matcher.ts';
import { compileRegex } from './regex.ts';
import { toWireText } from './wire-text.ts';

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
  const value = rewrite.kind === 'regex' ? '' : toWireText(rewrite.value);
  switch (rewrite.kind) {
    case 'full':
      return (target) => value + queryOf(target);
    case 'prefix': {
      const length = match?.kind === 'prefix' ? toWireText(match.value).length : 1;
      return (target) => value + target.slice(length);
    }
    case 'regex': {
      const replace = compileRegex(rewrite.pattern).replacer(rewrite.substitution);
      return (target) => replace(pathOf(target)) + queryOf(target);
    }
  }
}
