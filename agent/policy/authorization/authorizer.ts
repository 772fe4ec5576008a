import type {
  AuthorizationRuleSpec,
  AuthorizationSpec,
  ConditionSpec,
  ExternalAuthorizerSpec,
} from '../../../model/authorization.ts';
import { createCondition, isOfRequests, type SubjectTest } from './condition.ts';
import type { Subject } from './subject.ts';

/**
 * AuthorizationPolicy as Envoy's RBAC filter decides it: a DENY rule that matches ends it; where there is an ALLOW
 * policy, one of their rules must match. Rules are functions that are made once, at apply time.
 */
export interface Authorizer {
  /** null = it may pass; otherwise Envoy's `response_code_details`. */
  refuse(subject: Subject): string | null;
  /** Whom a CUSTOM rule wants to be asked; null = nobody. Comes before {@link refuse}. */
  findExternal(subject: Subject): ExternalCheck | null;
  readonly hasExternal: boolean;
}

export interface ExternalCheck {
  /** null = not known, or several for one workload: nobody can say yes. */
  readonly provider: ExternalAuthorizerSpec | null;
  readonly details: string;
}

/** What decides about requests, or about connections that carry no HTTP. */
export type Traffic = 'http' | 'tcp';

interface Rule<Value> {
  readonly matches: SubjectTest;
  readonly value: Value;
}

const NOT_ALLOWED = 'rbac_access_denied_matched_policy[none]';

/** null = no policy decides anything. */
export function createAuthorizer(
  policies: readonly AuthorizationSpec[],
  traffic: Traffic,
): Authorizer | null {
  const inForce = policies.filter(({ isDryRun, action }) => !isDryRun && action !== 'AUDIT');
  const of = (action: AuthorizationSpec['action']) => inForce.filter((policy) => policy.action === action);
  const denials = rulesOf(of('DENY'), traffic, (_, details) => details);
  const allowing = of('ALLOW');
  const allowances = rulesOf(allowing, traffic, () => true);
  // Only requests can be asked about by HTTP.
  const external = traffic === 'http' ? rulesOf(of('CUSTOM'), traffic, externalCheck(of('CUSTOM'))) : [];
  if (denials.length + allowing.length + external.length === 0) return null;
  const mustBeAllowed = allowing.length > 0;
  return {
    hasExternal: external.length > 0,
    findExternal: (subject) => firstMatch(external, subject),
    refuse(subject) {
      const denied = firstMatch(denials, subject);
      if (denied !== null) return denied;
      return mustBeAllowed && firstMatch(allowances, subject) === null ? NOT_ALLOWED : null;
    },
  };
}

/** Providers that differ cannot all be asked: Istio refuses what their rules match. */
function externalCheck(policies: readonly AuthorizationSpec[]) {
  const isOne = new Set(policies.map(({ provider }) => provider?.name)).size === 1;
  return ({ provider }: AuthorizationSpec, details: string): ExternalCheck => {
    return { provider: isOne ? provider : null, details };
  };
}

function firstMatch<Value>(rules: readonly Rule<Value>[], subject: Subject): Value | null {
  for (const { matches, value } of rules) if (matches(subject)) return value;
  return null;
}

/** In the order of Envoy's map of policies: by the name that a denial is told with. */
function rulesOf<Value>(
  policies: readonly AuthorizationSpec[],
  traffic: Traffic,
  createValue: (policy: AuthorizationSpec, details: string) => Value,
): Rule<Value>[] {
  const rules = policies.flatMap((policy) =>
    policy.rules.flatMap((rule, index) => {
      const matches = createRule(rule, traffic, policy.action === 'ALLOW');
      const name = ruleName(policy, index);
      const details = `rbac_access_denied_matched_policy[${name}]`;
      return matches === null ? [] : [{ matches, name, value: createValue(policy, details) }];
    }),
  );
  return rules.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function ruleName({ name }: AuthorizationSpec, index: number): string {
  const [namespace = '', policy = ''] = name.split('/');
  return `ns[${namespace}]-policy[${policy}]-rule[${index}]`;
}

/**
 * On a plain connection nothing is known of a request. A rule that asks for it allows nothing there, but denies by what
 * is left of it: Istio rather refuses too much (ISTIO.md §5.3). null = the rule is left out.
 */
function createRule(rule: AuthorizationRuleSpec, traffic: Traffic, isAllowing: boolean): SubjectTest | null {
  const { from, to, when } = rule;
  const all = [...from.flat(), ...to.flat(), ...when];
  const isBlind = traffic === 'tcp' && all.some(({ attribute }) => isOfRequests(attribute));
  if (isBlind && isAllowing) return null;
  const known = (conditions: readonly ConditionSpec[]) =>
    isBlind ? conditions.filter(({ attribute }) => !isOfRequests(attribute)) : conditions;
  const parts = [
    createAny(to.map((each) => createAll(known(each)))),
    createAny(from.map((each) => createAll(known(each)))),
    createAll(known(when)),
  ];
  return createAllOf(parts.filter((part) => part !== ALWAYS));
}

const ALWAYS: SubjectTest = () => true;

function createAll(conditions: readonly ConditionSpec[]): SubjectTest {
  return createAllOf(conditions.map(createCondition));
}

function createAllOf(tests: readonly SubjectTest[]): SubjectTest {
  const [first, second] = tests;
  if (first === undefined) return ALWAYS;
  if (second === undefined) return first;
  if (tests.length === 2) return (subject) => first(subject) && second(subject);
  return (subject) => {
    for (const test of tests) if (!test(subject)) return false;
    return true;
  };
}

/** No alternatives at all means any. */
function createAny(tests: readonly SubjectTest[]): SubjectTest {
  const [first] = tests;
  if (first === undefined || tests.includes(ALWAYS)) return ALWAYS;
  if (tests.length === 1) return first;
  return (subject) => {
    for (const test of tests) if (test(subject)) return true;
    return false;
  };
}
