import type { GraphNode } from '../../model/console.ts';
import { LABEL } from '../../model/labels.ts';
import type { PeerReport } from '../../model/traffic.ts';
import { canonicalNames } from '../compile/workload-specs.ts';
import type { Workload } from '../compile/world.ts';
import { workloadNode } from './node-id.ts';

/** A workload of the mesh as its traffic is kept. */
export function partyOf(workload: Workload): PeerReport {
  return {
    ...{ workload: workload.workload, namespace: workload.namespace },
    version: workload.labels[LABEL.version] ?? '',
    app: canonicalNames(workload).canonicalService,
  };
}

/** The nodes that are there whether they are called or not: the mesh's workloads, all containers of one together. */
export function graphNodes(
  workloads: readonly Workload[],
  isSynced: (workload: Workload) => boolean,
): ReadonlyMap<string, GraphNode> {
  const nodes = new Map<string, GraphNode>();
  for (const workload of workloads) {
    const version = workload.labels[LABEL.version] ?? '';
    const id = workloadNode(workload.namespace, workload.workload, version);
    const known = nodes.get(id);
    nodes.set(id, {
      id,
      kind: workload.proxy === 'gateway' ? 'gateway' : 'workload',
      app: canonicalNames(workload).canonicalService,
      namespace: workload.namespace,
      version,
      label: workload.workload,
      containers: (known?.containers ?? 0) + 1,
      unready: (known?.unready ?? 0) + (workload.health === 'ready' ? 0 : 1),
      unsynced: (known?.unsynced ?? 0) + (isSynced(workload) ? 0 : 1),
    });
  }
  return nodes;
}
