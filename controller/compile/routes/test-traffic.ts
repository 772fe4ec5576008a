import type { Resource } from '../../../istio/resource.ts';
import {
  type CalleeFault,
  parseExactWeights,
  parseFaultAt,
  parseRequestRanges,
  TEST_ANNOTATION,
} from '../../../istio/test-annotations.ts';
import { type Labels, matchesLabels } from '../../../model/labels.ts';
import type { ExactWeightsSpec, FaultSpec, HeaderOpsSpec, RouteSpec } from '../../../model/route.ts';
import { ruleId } from '../../../model/rule-id.ts';
import type { WorldIndex } from '../world-index.ts';
import { type HttpRule, httpRulesOf } from './delegates.ts';
import { compileFault } from './http-policies.ts';

/** On requests of a rule whose fault the callee's proxy is to do: the rule. Never seen by an application. */
const FAULT_HEADER = 'x-lateen-test-fault';
const SERVICE_UNAVAILABLE: FaultSpec = {
  delay: null,
  abort: { status: 503, grpcStatus: null, perMillion: 1_000_000 },
};

/** What annotations for tests make of a rule: some of it is done by the caller's proxy. */
export interface CallersTest {
  readonly fault: FaultSpec | null;
  /** Tells the callee's proxy which rule it was. */
  readonly mark: readonly [name: string, value: string] | null;
}

export interface CalleesFault {
  readonly rule: string;
  /** null = this container is none of those that are to fail. */
  readonly fault: FaultSpec | null;
}

/** The split of a rule's destinations, where it is to be exact; else nothing. */
export function exactWeights({ rule, source, index }: HttpRule): { exact?: ExactWeightsSpec } {
  const split = parseExactWeights(source.annotations[TEST_ANNOTATION.weights] ?? '');
  return split === null || (rule.route ?? []).length < 2
    ? {}
    : { exact: { counter: counterOf(source, index), seed: split.seed } };
}

export function callersTest(httpRule: HttpRule): CallersTest {
  const fault = faultOf(httpRule);
  if (fault === null || placeOf(httpRule) === null) return { fault, mark: null };
  return { fault: null, mark: [FAULT_HEADER, idOf(httpRule)] };
}

/** Beside the operations of the user's own. */
export function withMark(ops: HeaderOpsSpec | null, mark: CallersTest['mark']): HeaderOpsSpec | null {
  if (mark === null) return ops;
  const { remove = [], set = [], add = [] } = ops ?? {};
  return { remove, set: [...set, mark], add };
}

/** Faults that a container's own proxy does to what callers' rules send to it. */
export function calleesFaults(index: WorldIndex, labels: Labels): readonly CalleesFault[] {
  if (index.world.isTest !== true) return [];
  const byRule = new Map<string, CalleesFault>();
  for (const document of index.virtualServices) {
    for (const rule of httpRulesOf(index, document)) {
      const [fault, place] = [faultOf(rule), placeOf(rule)];
      if (fault === null || place === null || byRule.has(idOf(rule))) continue;
      const isMeant = matchesLabels(place.labels, labels);
      byRule.set(idOf(rule), { rule: idOf(rule), fault: isMeant ? fault : null });
    }
  }
  return [...byRule.values()];
}

/** The way in for requests that a caller's proxy has marked: like any other, with the fault. */
export function faultyRoute(route: RouteSpec, { rule, fault }: CalleesFault): RouteSpec {
  return {
    ...route,
    match: {
      ...route.match,
      headers: [
        { name: FAULT_HEADER, match: { kind: 'exact', value: rule }, invert: false, missingIsEmpty: false },
      ],
    },
    requestHeaders: { remove: [FAULT_HEADER], set: [], add: [] },
    fault,
    rule,
  };
}

/** A document in which no rule has a fault means all that lead somewhere: they answer 503. */
function faultOf({ rule, source, index }: HttpRule): FaultSpec | null {
  const written = compileFault(rule.fault);
  const ranges = parseRequestRanges(source.annotations[TEST_ANNOTATION.failRequests] ?? '');
  if (ranges === null) return written;
  const hasFaults = (source.spec.http ?? []).some(({ fault }) => fault !== undefined);
  const leadsSomewhere = (rule.route ?? []).length > 0;
  const fault = written ?? (hasFaults || !leadsSomewhere ? null : SERVICE_UNAVAILABLE);
  return fault === null ? null : { ...fault, requests: { counter: counterOf(source, index), ranges } };
}

/** null = by the caller's proxy, as Istio has it. */
const placeOf = ({ source }: HttpRule): CalleeFault | null =>
  parseFaultAt(source.annotations[TEST_ANNOTATION.faultAt] ?? '') ?? null;

const idOf = ({ source, index }: HttpRule) => ruleId(source, `http[${index}]`);

/** What is written anew, or elsewhere, is counted from the beginning. */
const counterOf = (source: Resource, index: number) =>
  `${ruleId(source, `http[${index}]`)} ${source.position.file} ${source.hash}`;
