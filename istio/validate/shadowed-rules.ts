import { canonicalJson } from '../../base/canonical-json.ts';
import type { HttpMatch, HttpRoute, TcpRoute, TlsRoute } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';
import { covers } from './match-cover.ts';

/** Rules and matches that can never be reached, since the first match wins (IST0130, IST0131). */
export function checkShadowedHttpRules(routes: readonly HttpRoute[], findings: Findings): void {
  checkShadowed(routes, 'http', isUnconditional, findings);
  checkCovered(routes, findings);
}

export function checkShadowedL4Rules(
  routes: readonly (TcpRoute | TlsRoute)[],
  field: 'tcp' | 'tls',
  findings: Findings,
): void {
  checkShadowed(routes, field, () => false, findings);
}

interface Rule {
  readonly name?: string | undefined;
  readonly match?: readonly (object | null)[] | undefined;
}

/** A rule is called by its name, else by its place. */
const ruleName = (rules: readonly Rule[], index: number) => {
  const name = rules[index]?.name ?? '';
  return name === '' ? `#${index}` : JSON.stringify(name);
};

function checkShadowed<R extends Rule>(
  rules: readonly R[],
  field: string,
  takesAll: (match: NonNullable<R['match']>[number]) => boolean,
  findings: Findings,
): void {
  let catchAll = -1;
  const seen = new Map<string, number>();
  rules.forEach((rule, index) => {
    const path = [field, index];
    const matches = rule.match ?? [];
    if (catchAll >= 0) {
      findings.warn(
        path,
        `rule ${ruleName(rules, index)} is never reached: rule ${ruleName(rules, catchAll)} before it takes everything`,
        'Move it up: the first match wins.',
        'IST0130',
      );
      return;
    }
    if (matches.length === 0 || matches.some(takesAll)) catchAll = index;
    let duplicates = 0;
    matches.forEach((match, matchIndex) => {
      const key = canonicalJson({ ...match, name: undefined });
      const earlier = seen.get(key);
      if (earlier === undefined) {
        seen.set(key, index);
        return;
      }
      duplicates++;
      findings.inform(
        [...path, 'match', matchIndex],
        `this match is not used: it is in rule ${ruleName(rules, earlier)} already`,
        'Remove it.',
        'IST0131',
      );
    });
    if (duplicates > 0 && duplicates === matches.length)
      findings.warn(
        path,
        `rule ${ruleName(rules, index)} is never reached: rules before it have all its matches`,
        'Remove it.',
        'IST0130',
      );
  });
}

/** Matches that an earlier, wider one takes away: `/a/b` behind `/a`. */
function checkCovered(routes: readonly HttpRoute[], findings: Findings): void {
  const earlier: { readonly match: HttpMatch; readonly rule: number }[] = [];
  routes.forEach((route, rule) => {
    (route.match ?? []).forEach((match, index) => {
      if (match === null || isUnconditional(match)) return;
      const wider = earlier.find((other) => covers(other.match, match));
      earlier.push({ match, rule });
      if (wider === undefined) return;
      findings.inform(
        ['http', rule, 'match', index],
        `this match is not used: rule ${ruleName(routes, wider.rule)} before it has the wider ${describe(wider.match)}`,
        'Move it up: the first match wins.',
        'IST0131',
      );
    });
  });
}

const describe = ({ uri }: HttpMatch) => (uri?.prefix === undefined ? 'match' : `prefix ${uri.prefix}`);

function isUnconditional(match: HttpMatch | null): boolean {
  if (match === null) return true;
  const { uri, name: _name, statPrefix: _prefix, ignoreUriCase: _case, ...rest } = match;
  const hasOthers = Object.values(rest).some((value) => value !== undefined);
  return !hasOthers && (uri === undefined || uri.prefix === '/' || uri.regex === '.*');
}
