import type { Labels } from '../../model/labels.ts';
import type { FieldPath } from '../field-path.ts';
import type { Resource } from '../resource.ts';
import { formatSelector } from './gateways.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

interface Codes {
  /** Several select one workload. */
  readonly sameWorkload: string;
  /** Several are for the whole namespace. */
  readonly sameNamespace: string;
}

/** Sidecars and Telemetries, of which a workload has one: IST0110, IST0111, IST0159, IST0160 and IST0101. */
export function checkRivalSelectors(view: MeshView, report: Report): void {
  checkKind(
    view.of('Sidecar'),
    (spec) => spec.workloadSelector?.labels,
    ['spec', 'workloadSelector'],
    { sameWorkload: 'IST0110', sameNamespace: 'IST0111' },
    view,
    report,
  );
  checkKind(
    view.of('Telemetry'),
    (spec) => spec.selector?.matchLabels,
    ['spec', 'selector'],
    { sameWorkload: 'IST0159', sameNamespace: 'IST0160' },
    view,
    report,
  );
}

function checkKind<Spec>(
  resources: readonly Resource<Spec>[],
  selectorOf: (spec: Spec) => Labels | undefined,
  path: FieldPath,
  codes: Codes,
  view: MeshView,
  report: Report,
): void {
  const wide = new Map<string, Resource<Spec>[]>();
  const chosen = new Map<string, { name: string; namespace: string; by: Resource<Spec>[] }>();
  for (const resource of resources) {
    const { namespace, spec } = resource;
    const selector = selectorOf(spec);
    if (selector === undefined || Object.keys(selector).length === 0) {
      wide.set(namespace, [...(wide.get(namespace) ?? []), resource]);
      continue;
    }
    const workloads = view.select(selector, namespace);
    if (workloads.length === 0 && view.workloads !== null)
      report.error(
        resource,
        'IST0101',
        path,
        `Referenced selector not found: "${formatSelector(selector)}"`,
        `No running container of namespace ${namespace} has these labels.`,
      );
    for (const { id, name } of workloads) {
      const entry = chosen.get(id) ?? { name, namespace, by: [] };
      entry.by.push(resource);
      chosen.set(id, entry);
    }
  }
  for (const [namespace, rivals] of wide) {
    const what = `in namespace "${namespace}" have no workload selector`;
    if (rivals.length > 1) reportRivals(rivals, codes.sameNamespace, what, report);
  }
  // Two that meet in ten containers are one conflict.
  const seen = new Set<string>();
  for (const { name, namespace, by } of chosen.values()) {
    const key = by.map((resource) => resource.name).join(' ');
    if (by.length < 2 || seen.has(`${namespace}/${key}`)) continue;
    seen.add(`${namespace}/${key}`);
    const what = `in namespace "${namespace}" select the same container "${name}"`;
    reportRivals(by, codes.sameWorkload, what, report);
  }
}

function reportRivals(rivals: readonly Resource[], code: string, what: string, report: Report): void {
  const [first] = rivals;
  const names = rivals.map(({ name }) => name).sort();
  for (const rival of rivals) {
    report.error(
      rival,
      code,
      ['metadata', 'name'],
      `The ${rival.kind}s [${names.join(' ')}] ${what}`,
      rival === first
        ? 'This one is the older and in force. Keep one of them.'
        : `${first?.name} is in force. Keep one of them.`,
    );
  }
}
