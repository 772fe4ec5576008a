import { canonicalJson } from '../../base/canonical-json.ts';
import type { HttpMatch, StringMatch } from '../schema/virtual-service.ts';

/**
 * Whether every request of `narrow` is a request of `wide`, and the two differ. Certain, not complete: of regular
 * expressions only equal ones are known to cover each other.
 */
export function covers(wide: HttpMatch, narrow: HttpMatch): boolean {
  if (isSame({ ...wide, name: undefined }, { ...narrow, name: undefined })) return false;
  const { uri, ignoreUriCase, name: _name, statPrefix: _prefix, ...conditions } = wide;
  if (uri !== undefined && !uriCovers(uri, ignoreUriCase === true, narrow)) return false;
  return Object.entries(conditions).every(([field, condition]) => {
    if (condition === undefined) return true;
    const other: unknown = narrow[field as keyof typeof conditions];
    return isMap(field) && isObject(condition) && isObject(other)
      ? Object.entries(condition).every(([key, value]) => key in other && isSame(value, other[key]))
      : isSame(condition, other);
  });
}

/** Fields whose entries are conditions of their own, all of which must hold. */
const MAPS: readonly string[] = ['headers', 'withoutHeaders', 'queryParams', 'sourceLabels'];
const isMap = (field: string) => MAPS.includes(field);

function uriCovers(wide: StringMatch, ignoresCase: boolean, { uri, ignoreUriCase }: HttpMatch): boolean {
  if (uri === undefined) return false;
  if (ignoreUriCase === true && !ignoresCase) return false;
  const start = uri.prefix ?? uri.exact;
  if (wide.prefix !== undefined && start !== undefined) {
    return ignoresCase
      ? start.toLowerCase().startsWith(wide.prefix.toLowerCase())
      : start.startsWith(wide.prefix);
  }
  return isSame(wide, uri);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function isSame(a: unknown, b: unknown): boolean {
  return a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));
}
