import { resolveShortName } from '../../../istio/host.ts';
import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { DestinationRuleSpec, Subset, TrafficPolicy } from '../../../istio/schema/destination-rule.ts';
import { type Labels, matchesLabels } from '../../../model/labels.ts';
import { HostTable } from '../routes/host-table.ts';

/** What the DestinationRules in force say of one service to one caller. */
export interface DestinationPolicy {
  /** Equal policies of one World are one object with one number: results may be shared by it. */
  readonly id: number;
  readonly trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: readonly Subset[];
  /** null = for every workload. */
  readonly selector: Labels | null;
}

/** Who calls: DestinationRules are looked up in its namespace first. */
export interface Caller {
  readonly namespace: string;
  /** null = a server that looks for the rule of its own host: no workloadSelector applies then. */
  readonly labels: Labels | null;
  /** A gateway has no application that chose an address. */
  readonly isGateway?: boolean;
}

/** Rules of one host and namespace that were merged into one. */
interface MergedRule extends DestinationPolicy {
  /** Empty = the mesh's default. */
  readonly exportTo: ReadonlySet<string>;
  trafficPolicy: TrafficPolicy | undefined;
  readonly subsets: Subset[];
}

type RuleTable = HostTable<MergedRule[]>;

/** The rules of one namespace: for callers in it, for others, and those of the root namespace that only it sees. */
interface NamespaceRules {
  readonly local: RuleTable;
  readonly exported: RuleTable;
  readonly private: RuleTable;
}

export type DestinationRuleIndex = ReadonlyMap<string, NamespaceRules>;

const NONE: DestinationPolicy = { id: 0, trafficPolicy: undefined, subsets: [], selector: null };

/** @param rules in the order of age */
export function indexDestinationRules(
  rules: readonly Resource<DestinationRuleSpec>[],
  mesh: MeshConfig,
): DestinationRuleIndex {
  const namespaces = new Map<string, NamespaceRules>();
  let id = 0;
  const isSelected = ({ spec }: Resource<DestinationRuleSpec>) => spec.workloadSelector !== undefined;
  for (const rule of [...rules.filter(isSelected), ...rules.filter((each) => !isSelected(each))]) {
    const { namespace, spec } = rule;
    const tables = namespaces.get(namespace) ?? {
      local: new HostTable(),
      exported: new HostTable(),
      private: new HostTable(),
    };
    namespaces.set(namespace, tables);
    // A rule with a selector is for its own namespace, whatever exportTo says (ISTIO.md §2.1, "workloadSelector").
    const exportTo = new Set(isSelected(rule) ? ['.'] : spec.exportTo);
    const isOwn = (target: string) => target === '.' || target === namespace;
    const create = (): MergedRule => ({
      ...{
        id: ++id,
        exportTo,
        selector: spec.workloadSelector?.matchLabels ?? (isSelected(rule) ? {} : null),
      },
      ...{ trafficPolicy: spec.trafficPolicy, subsets: uniqueSubsets(spec.subsets ?? []) },
    });
    const host = resolveShortName(spec.host ?? '', namespace);
    if (exportTo.size === 0 || exportTo.has('*') || [...exportTo].some(isOwn))
      merge(tables.local, host, create);
    const targets = exportTo.size === 0 ? mesh.defaultDestinationRuleExportTo : [...exportTo];
    const isPrivate = targets.length > 0 && targets.every(isOwn);
    merge(isPrivate ? tables.private : tables.exported, host, create);
  }
  return namespaces;
}

/**
 * Looked for in the caller's namespace, then the service's, then the root namespace; the first that has a rule for the
 * host wins whole, even if it then applies to other workloads only (ISTIO.md §2.1, correction 18).
 */
export function findDestinationPolicy(
  index: DestinationRuleIndex,
  { rootNamespace }: MeshConfig,
  caller: Caller,
  service: { readonly hostname: string; readonly namespace: string },
): DestinationPolicy {
  const { namespace } = caller;
  const own = index.get(namespace);
  const local = namespace === rootNamespace ? own?.private : own?.local;
  const found =
    local?.find(service.hostname) ??
    exportedTo(index, service.namespace, namespace, service.hostname) ??
    exportedTo(index, rootNamespace, namespace, service.hostname);
  return found === undefined ? NONE : choose(found, caller.labels);
}

/** The most specific host is looked for before exportTo is: a rule that is not exported still hides a wider one. */
function exportedTo(
  index: DestinationRuleIndex,
  owner: string,
  viewer: string,
  hostname: string,
): readonly MergedRule[] | undefined {
  const rules = (index.get(owner)?.exported.find(hostname) ?? []).filter(
    ({ exportTo }) => exportTo.size === 0 || exportTo.has('*') || exportTo.has(viewer),
  );
  return rules.length === 0 ? undefined : rules;
}

/** The first whose selector fits; else the last without selector, as Istio's SidecarScope.DestinationRule does. */
function choose(rules: readonly MergedRule[], labels: Labels | null): DestinationPolicy {
  const fits = ({ selector }: MergedRule) =>
    selector !== null && labels !== null && matchesLabels(selector, labels);
  return rules.find(fits) ?? rules.findLast(({ selector }) => selector === null) ?? NONE;
}

/**
 * Istio's mergeDestinationRule: subsets are put together, the first of a name wins; the policy is that of the first
 * rule which has one. Rules that are exported to others, or that select other workloads, stay apart.
 */
function merge(table: RuleTable, host: string, create: () => MergedRule): void {
  const rule = create();
  const known = table.at(host);
  if (known === undefined) {
    table.add(host, [rule]);
    return;
  }
  const other = known.find(
    ({ exportTo, selector }) => isSameSet(exportTo, rule.exportTo) && isSameSelector(selector, rule.selector),
  );
  if (other === undefined) {
    known.push(rule);
    return;
  }
  const names = new Set(other.subsets.map(({ name }) => name));
  other.subsets.push(...rule.subsets.filter(({ name }) => !names.has(name)));
  other.trafficPolicy ??= rule.trafficPolicy;
}

function isSameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

function isSameSelector(a: Labels | null, b: Labels | null): boolean {
  if (a === null || b === null) return a === b;
  return matchesLabels(a, b) && matchesLabels(b, a);
}

function uniqueSubsets(subsets: readonly Subset[]): Subset[] {
  const byName = new Map<string, Subset>();
  for (const subset of subsets) if (!byName.has(subset.name ?? '')) byName.set(subset.name ?? '', subset);
  return [...byName.values()];
}
