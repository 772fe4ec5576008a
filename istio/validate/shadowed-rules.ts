import { canonicalJson } from '../../base/canonical-json.ts';
import type { HttpMatch, HttpRoute } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';

/** Rules that can never be reached since an earlier one takes everything (analyzer IST0130). */
export function checkShadowedRules(http: readonly HttpRoute[], findings: Findings): void {
  let catchAll = -1;
  const seen = new Map<string, number>();
  http.forEach((route, index) => {
    const path = ['http', index];
    const name = (at: number) => http[at]?.name ?? `#${at}`;
    if (catchAll >= 0) {
      findings.warn(
        path,
        `rule ${name(index)} is never reached: rule ${name(catchAll)} before it takes every request`,
        'Move it up; the first match wins.',
        'IST0130',
      );
      return;
    }
    const matches = route.match ?? [];
    if (matches.length === 0 || matches.some(isUnconditional)) catchAll = index;
    const keys = matches.map((match) => canonicalJson({ ...match, name: undefined }));
    const earlier = keys.length > 0 ? keys.map((key) => seen.get(key)) : [];
    if (earlier.length > 0 && earlier.every((at) => at !== undefined)) {
      findings.warn(
        path,
        `rule ${name(index)} is never reached: rule ${name(earlier[0] ?? 0)} has the same match`,
        'Remove one of them.',
        'IST0130',
      );
    }
    for (const key of keys) if (!seen.has(key)) seen.set(key, index);
  });
}

function isUnconditional(match: HttpMatch | null): boolean {
  if (match === null) return true;
  const { uri, name: _name, statPrefix: _prefix, ignoreUriCase: _case, ...rest } = match;
  const hasOthers = Object.values(rest).some((value) => value !== undefined);
  return !hasOthers && (uri === undefined || uri.prefix === '/' || uri.regex === '.*');
}
