import type { NodeSpec } from '../../model/node.ts';

export type PathNormalization = NodeSpec['pathNormalization'];

/** Nothing that any level of normalisation would change: the only case that is hot. */
const IS_PLAIN = /^\/(?![./])(?:[a-zA-Z0-9_~!$&'()*+,;=:@-]|\.(?![./;]|$)|\/(?![./]|$)|\/$)*(?:\?[^#]*)?$/;

const UNRESERVED = /[a-zA-Z0-9._~-]/;

/**
 * MeshConfig.pathNormalization on a request target (path and query); the query is left alone, a fragment is cut off.
 * Steps of Envoy's `normalize_path`, in its order; exact results are in the vectors `path-normalisation`.
 * @returns null for a path that must be refused with 400 (`%00` from BASE up)
 */
export function normalizePath(target: string, level: PathNormalization): string | null {
  if (IS_PLAIN.test(target)) return target;
  const withoutFragment = cutAt(target, '#');
  if (level === 'NONE' || !withoutFragment.startsWith('/')) return withoutFragment;
  const queryAt = withoutFragment.indexOf('?');
  const query = queryAt < 0 ? '' : withoutFragment.slice(queryAt);
  let path = queryAt < 0 ? withoutFragment : withoutFragment.slice(0, queryAt);
  if (level === 'DECODE_AND_MERGE_SLASHES') path = path.replace(/%2f/gi, '/').replace(/%5c/gi, '/');
  path = path.replace(/\\/g, '/');
  if (/%00/.test(path)) return null;
  path = decodeUnreserved(path);
  path = escapeUnsafe(resolveDots(path));
  if (level !== 'BASE') path = path.replace(/\/{2,}/g, '/');
  return path + query;
}

function cutAt(text: string, mark: string): string {
  const at = text.indexOf(mark);
  return at < 0 ? text : text.slice(0, at);
}

/** `%41` → `A`; escapes of other characters stay as they are (RFC 3986 §6.2.2.2). */
function decodeUnreserved(path: string): string {
  if (!path.includes('%')) return path;
  return path.replace(/%([0-9a-fA-F]{2})/g, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16));
    return UNRESERVED.test(character) ? character : encoded;
  });
}

/** What may not stand raw in a path is escaped, as by the URL library that Envoy uses. */
function escapeUnsafe(path: string): string {
  return path.replace(
    /["<>^`{|}\x80-\xff]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** RFC 3986 §5.2.4; a segment's parameters do not hide it: `..;x=1` is `..`, `.;` is `.` (ISTIO.md, correction 9). */
function resolveDots(path: string): string {
  if (!path.includes('/.')) return path;
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    const name = cutAt(segment, ';');
    if (name === '..') {
      kept.pop();
      if (isLast) kept.push('');
    } else if (name === '.') {
      if (isLast) kept.push('');
    } else kept.push(segment);
  });
  return `/${kept.join('/')}`;
}
