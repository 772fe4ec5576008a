import type { PathMatchSpec } from '../../model/route.ts';
import { compileRegex } from './regex.ts';
import type { StringMatcher } from './string-match.ts';
import { toWireText } from './wire-text.ts';

/** On the path without query. `ignoreCase` acts on exact and prefix only (HTTPMatchRequest.ignore_uri_case). */
export function createPathMatcher({ kind, value: text, ignoreCase }: PathMatchSpec): StringMatcher {
  if (kind === 'regex') {
    const regex = compileRegex(text);
    return (path) => regex.matches(path);
  }
  const value = toWireText(text);
  if (ignoreCase) {
    const lower = value.toLowerCase();
    return kind === 'exact'
      ? (path) => path.length === lower.length && path.toLowerCase() === lower
      : (path) => path.slice(0, lower.length).toLowerCase() === lower;
  }
  if (kind === 'exact') return (path) => path === value;
  return (path) => path.startsWith(value);
}

/** The path of a request target: everything before the query. */
export function pathOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? target : target.slice(0, at);
}

/** The query of a request target with its `?`, '' = none. */
export function queryOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : target.slice(at);
}
