import { mostSpecificMatch, resolveShortName } from '../../istio/host.ts';
import type { Resource } from '../../istio/resource.ts';
import type { DestinationRuleSpec, Subset, TrafficPolicy } from '../../istio/schema/destination-rule.ts';
import { isVisible } from './visibility.ts';
import type { Service } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** What the DestinationRules in force say of one service to callers of one namespace. */
export interface DestinationPolicy {
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
}

const NONE: DestinationPolicy = { trafficPolicy: undefined, subsets: [] };

/**
 * Looked for in the caller's namespace, then the service's, then the root namespace; the first that has a rule for the
 * host wins whole (ISTIO.md §2.1). Rules of one host in one namespace are merged.
 */
export function findDestinationPolicy(
  index: WorldIndex,
  namespace: string,
  service: Service,
): DestinationPolicy {
  const { rootNamespace } = index.world.mesh;
  for (const level of [namespace === rootNamespace ? null : namespace, service.namespace, rootNamespace]) {
    if (level === null) continue;
    const rules = index.destinationRules.filter(
      (rule) =>
        rule.namespace === level &&
        rule.spec.workloadSelector === undefined &&
        (level === namespace || isVisible(rule.spec.exportTo, rule.namespace, namespace)),
    );
    const host = mostSpecificMatch(service.hostname, rules.map(hostOf));
    if (host !== null) return merge(rules.filter((rule) => hostOf(rule) === host));
  }
  return NONE;
}

const hostOf = (rule: Resource<DestinationRuleSpec>) =>
  resolveShortName(rule.spec.host ?? '', rule.namespace);

/** Subsets are put together, the first of a name wins; the policy is that of the first rule which has one. */
function merge(rules: readonly Resource<DestinationRuleSpec>[]): DestinationPolicy {
  const subsets = new Map<string, Subset>();
  for (const { spec } of rules) {
    for (const subset of spec.subsets ?? []) {
      const name = subset.name ?? '';
      if (!subsets.has(name)) subsets.set(name, subset);
    }
  }
  return {
    trafficPolicy: rules.find(({ spec }) => spec.trafficPolicy !== undefined)?.spec.trafficPolicy,
    subsets: [...subsets.values()],
  };
}
