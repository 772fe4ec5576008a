import { LABEL } from '../../model/labels.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import type { Workload } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** Who is behind which address: the same for every proxy. */
export function compileWorkloads(index: WorldIndex): ReadonlyMap<string, WorkloadSpec> {
  return index.shared.get('workloads', () => {
    const specs = index.shared.keepEach('workloads', [], index.world.workloads, specOf);
    return index.shared.keep('workloads', specs, () => new Map(specs.map((spec) => [spec.name, spec])));
  });
}

function specOf(workload: Workload): WorkloadSpec {
  return {
    name: workload.name,
    addresses: workload.addresses.map(({ address }) => address),
    namespace: workload.namespace,
    workload: workload.workload,
    serviceAccount: workload.serviceAccount,
    labels: workload.labels,
    ...canonicalNames(workload),
  };
}

/** Istio's canonical names: label `app` and `version`, else the workload's name and `latest`. */
export function canonicalNames({ labels, workload }: Workload): {
  canonicalService: string;
  canonicalRevision: string;
} {
  return {
    canonicalService: labels[LABEL.canonicalName] ?? labels[LABEL.app] ?? workload,
    canonicalRevision: labels[LABEL.canonicalRevision] ?? labels[LABEL.version] ?? 'latest',
  };
}
