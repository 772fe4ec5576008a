import type { GraphNode, GraphView } from '../../model/console.ts';
import type { PeerReport } from '../../model/traffic.ts';
import { draftEdges, edgeView, type IsOfMesh } from './graph-edges.ts';
import { UNKNOWN_NODE, workloadNode } from './node-id.ts';
import type { Series, TrafficStore } from './traffic-store.ts';
import { type AskedWindow, windowOf } from './window.ts';

/**
 * What talked to what.
 * @param known nodes that are there whether they are called or not
 */
export function graphView(
  store: TrafficStore,
  known: ReadonlyMap<string, GraphNode>,
  asked: AskedWindow,
  isOfMesh: IsOfMesh,
): GraphView {
  const { fromMs, untilMs } = windowOf(store, asked);
  const sums = store.sum(fromMs, untilMs, asked.nowMs);
  const seconds = (untilMs - fromMs) / 1000;
  const edges = draftEdges(sums, isOfMesh)
    .map((draft) => edgeView(draft, seconds))
    .filter(
      ({ figures, outcomes }) => figures.requestsPerSecond + figures.openConnections + outcomes.length > 0,
    );
  const gone = goneWorkloads(sums);
  const nodes = new Map(known);
  for (const { source, target } of edges)
    for (const id of [source, target]) if (!nodes.has(id)) nodes.set(id, nodeOf(id, gone.get(id)));
  return { fromMs, untilMs, nodes: [...nodes.values()], edges };
}

/** Who was there in that time, and may be there no longer. */
function goneWorkloads(sums: ReadonlyMap<Series, unknown>): ReadonlyMap<string, PeerReport> {
  const parties = [...sums.keys()].flatMap(({ source, destination }) => [source, destination]);
  const known = parties.filter((party) => party !== null);
  return new Map(known.map((party) => [workloadNode(party.namespace, party.workload, party.version), party]));
}

function nodeOf(id: string, party: PeerReport | undefined): GraphNode {
  const nothing = { containers: 0, unready: 0, unsynced: 0 };
  if (party !== undefined) {
    const { workload, namespace, version, app } = party;
    return { id, kind: 'workload', app, namespace, version, label: workload, ...nothing };
  }
  const [kind = '', ...rest] = id.split('/');
  const label = id === UNKNOWN_NODE ? UNKNOWN_NODE : rest.join('/');
  return { id, kind: kind as GraphNode['kind'], app: '', namespace: '', version: '', label, ...nothing };
}
