import type { NodeSpec } from '../../model/node.ts';
import type { RequestHead } from '../codec/head.ts';
import { normalizePath } from '../policy/normalize-path.ts';
import { BAD_PATH, type LocalReply, UNEXPECTED_UNDERSCORE, unescapedPath } from './failure.ts';

/** What a head says in a way that a proxy may not take it in; null = it may go on. Edits headers and path. */
export function sanitise(request: RequestHead, node: NodeSpec): LocalReply | null {
  const { underscores, escapedSlashes } = node;
  if (underscores !== undefined && hasUnderscore(request.headers)) {
    if (underscores === 'reject') return UNEXPECTED_UNDERSCORE;
    request.headers = withoutUnderscores(request.headers);
  }
  const isEscaped = escapedSlashes !== undefined && ESCAPED_SLASH.test(request.path);
  if (isEscaped && escapedSlashes === 'reject') return BAD_PATH;
  const target = isEscaped ? unescapeSlashes(request.path) : request.path;
  const path = normalizePath(target, node.pathNormalization);
  if (path === null) return BAD_PATH;
  if (isEscaped && escapedSlashes === 'redirect') return unescapedPath(path);
  request.path = path;
  return null;
}

/** In front of the query. */
const ESCAPED_SLASH = /^[^?#]*%(?:2f|5c)/i;

function unescapeSlashes(target: string): string {
  const end = target.search(/[?#]/);
  const path = end < 0 ? target : target.slice(0, end);
  return path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\') + target.slice(path.length);
}

function hasUnderscore(headers: readonly string[]): boolean {
  return headers.some((text, index) => index % 2 === 0 && text.includes('_'));
}

function withoutUnderscores(headers: readonly string[]): string[] {
  return headers.filter((_, index) => !headers[index - (index % 2)]?.includes('_'));
}
