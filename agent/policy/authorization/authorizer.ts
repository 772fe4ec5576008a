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
  /** null = it may pass; otherwise Envoy's `response_code_details`. The observer hears of what decides nothing. */
  refuse(subject: Subject, observer?: PolicyObserver | null): string | null;
  /** Whom a CUSTOM rule wants to be asked; null = nobody. Comes before {@link refuse}. */
  findExternal(subject: Subject): ExternalCheck | null;
  readonly hasExternal: boolean;
}

/** Hears of policies that decide nothing. */
export interface PolicyObserver {
  onDryRun(action: DryRunAction, result: DryRunResult, subject: Subject): void;
  /** An AUDIT rule matched. */
  onAudit(rule: string, subject: Subject): void;
}

export type DryRunAction = 'allow' | 'deny';

/** What the dry runs of one action would have said of one request; `rule` is '' where none of them matched. */
export interface DryRunResult {
  readonly isDenied: boolean;
  readonly rule: string;
}

export type DryRunResults = Partial<Record<DryRunAction, DryRunResult>>;

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

const deniedBy = (rule: string) => `rbac_access_denied_matched_policy[${rule}]`;
const NOT_ALLOWED = deniedBy('none');

/** null = no policy decides anything, nor is any to be heard of. */
export function createAuthorizer(
  policies: readonly AuthorizationSpec[],
  traffic: Traffic,
): Authorizer | null {
  const of = (action: AuthorizationSpec['action'], isDryRun = false) =>
    policies.filter((policy) => policy.action === action && policy.isDryRun === isDryRun);
  const denials = rulesOf(of('DENY'), traffic, (_, rule) => deniedBy(rule));
  const allowing = of('ALLOW');
  const allowances = rulesOf(allowing, traffic, () => true);
  const asking = of('CUSTOM');
  const external = rulesOf(asking, traffic, externalCheck(asking)).filter(
    // By HTTP only requests can be asked about: Istio leaves such a provider out for plain connections.
    ({ value: { provider } }) => traffic === 'http' || provider?.protocol !== 'http',
  );
  const observe = createObservation(traffic, {
    audit: of('AUDIT'),
    deny: of('DENY', true),
    allow: of('ALLOW', true),
  });
  if (denials.length + allowing.length + external.length === 0 && observe === null) return null;
  const mustBeAllowed = allowing.length > 0;
  return {
    hasExternal: external.length > 0,
    findExternal: (subject) => firstMatch(external, subject),
    refuse(subject, observer = null) {
      const observed = observer === null ? null : observe;
      if (observed !== null && observer !== null) observed.beforeDenials(subject, observer);
      const denied = firstMatch(denials, subject);
      if (denied !== null) return denied;
      if (observed !== null && observer !== null) observed.beforeAllowances(subject, observer);
      return mustBeAllowed && firstMatch(allowances, subject) === null ? NOT_ALLOWED : null;
    },
  };
}

/** What is told of policies that decide nothing, where Envoy has the filters that would: AUDIT, DENY, ALLOW. */
interface Observation {
  beforeDenials(subject: Subject, observer: PolicyObserver): void;
  beforeAllowances(subject: Subject, observer: PolicyObserver): void;
}

function createObservation(
  traffic: Traffic,
  policies: Readonly<Record<'audit' | 'deny' | 'allow', readonly AuthorizationSpec[]>>,
): Observation | null {
  const { audit, deny, allow } = policies;
  if (audit.length + deny.length + allow.length === 0) return null;
  const [audits, denials, allowances] = [audit, deny, allow].map((each) =>
    rulesOf(each, traffic, (_, rule) => rule),
  ) as [Rule<string>[], Rule<string>[], Rule<string>[]];
  return {
    beforeDenials(subject, observer) {
      const audited = firstMatch(audits, subject);
      if (audited !== null) observer.onAudit(audited, subject);
      if (deny.length === 0) return;
      const rule = firstMatch(denials, subject);
      observer.onDryRun('deny', { isDenied: rule !== null, rule: rule ?? '' }, subject);
    },
    beforeAllowances(subject, observer) {
      if (allow.length === 0) return;
      const rule = firstMatch(allowances, subject);
      observer.onDryRun('allow', { isDenied: rule === null, rule: rule ?? '' }, subject);
    },
  };
}

/** Providers that differ cannot all be asked: Istio refuses what their rules match. */
function externalCheck(policies: readonly AuthorizationSpec[]) {
  const isOne = new Set(policies.map(({ provider }) => provider?.name)).size === 1;
  return ({ provider }: AuthorizationSpec, rule: string): ExternalCheck => {
    return { provider: isOne ? provider : null, details: deniedBy(rule) };
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
  createValue: (policy: AuthorizationSpec, rule: string) => Value,
): Rule<Value>[] {
  const rules = policies.flatMap((policy) =>
    policy.rules.flatMap((rule, index) => {
      const matches = createRule(rule, traffic, policy.action === 'ALLOW');
      const name = ruleName(policy, index);
      return matches === null ? [] : [{ matches, name, value: createValue(policy, name) }];
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

/** Whether a request is one of those that a rule is about; for rules of other kinds than AuthorizationPolicy. */
export function createRuleTest(rule: AuthorizationRuleSpec): SubjectTest {
  return createRule(rule, 'http', true) ?? ALWAYS;
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
