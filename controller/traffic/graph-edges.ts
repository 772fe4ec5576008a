import type { GraphEdge } from '../../model/console.ts';
import type { PeerReport } from '../../model/traffic.ts';
import { externalNode, serviceNode, UNKNOWN_NODE, workloadNode } from './node-id.ts';
import { pairsOf } from './tally.ts';
import { addCell, countOf, emptyCell, type TrafficCell, unreachedOf } from './traffic-cell.ts';
import { figuresOf } from './traffic-figures.ts';
import type { Series } from './traffic-store.ts';

/** Whether a host is a service of the mesh itself, and not of the world outside. */
export type IsOfMesh = (hostname: string) => boolean;

/** All that one edge of the graph is made of. */
export interface EdgeDraft {
  readonly source: string;
  readonly target: string;
  readonly protocol: GraphEdge['protocol'];
  readonly cell: TrafficCell;
  readonly mtls: GraphEdge['mtls'];
}

interface Sides {
  readonly source: string;
  readonly target: string;
  readonly protocol: GraphEdge['protocol'];
  readonly bySource: [Series, TrafficCell][];
  readonly byDestination: [Series, TrafficCell][];
}

/**
 * Both sides tell of the same request. The destination's word counts, as with Kiali; the source's where the destination has
 * no proxy, and for what never got there.
 */
export function draftEdges(sums: ReadonlyMap<Series, TrafficCell>, isOfMesh: IsOfMesh): EdgeDraft[] {
  const edges = new Map<string, Sides>();
  for (const [series, cell] of sums) {
    const [source, target] = [sourceNode(series), targetNode(series, isOfMesh)];
    const { protocol, reporter } = series;
    const key = `${source} ${target} ${protocol}`;
    const sides = edges.get(key) ?? { source, target, protocol, bySource: [], byDestination: [] };
    edges.set(key, sides);
    (reporter === 'source' ? sides.bySource : sides.byDestination).push([series, cell]);
  }
  return [...edges.values()].map(draftOf);
}

export function edgeView({ source, target, protocol, cell, mtls }: EdgeDraft, seconds: number): GraphEdge {
  const outcomes = pairsOf(cell.outcomes)
    .filter(([{ name }, count]) => name !== '' && count > 0)
    .map(([{ name }, count]) => ({ outcome: name, count }))
    .sort((a, b) => b.count - a.count);
  return { source, target, protocol, mtls, figures: figuresOf(protocol, cell, seconds), outcomes };
}

function draftOf({ source, target, protocol, bySource, byDestination }: Sides): EdgeDraft {
  const isTold = byDestination.length > 0;
  const told = isTold ? byDestination : bySource;
  const cell = emptyCell();
  let open = 0;
  for (const [, each] of told) {
    addCell(cell, each);
    open += each.open;
  }
  if (isTold) for (const [, each] of bySource) addCell(cell, unreachedOf(each));
  cell.open = open;
  return { source, target, protocol, cell, mtls: mutualTlsOf(told) };
}

function mutualTlsOf(told: readonly [Series, TrafficCell][]): GraphEdge['mtls'] {
  const isBusy = (cell: TrafficCell) => countOf(cell) + cell.opened + cell.open > 0;
  const busy = told.filter(([, cell]) => isBusy(cell));
  const mutual = busy.filter(([{ isMutualTls }]) => isMutualTls).length;
  return mutual === 0 ? 'none' : mutual === busy.length ? 'all' : 'some';
}

function nodeOf({ namespace, workload, version }: PeerReport): string {
  return workloadNode(namespace, workload, version);
}

function sourceNode({ source }: Series): string {
  return source === null ? UNKNOWN_NODE : nodeOf(source);
}

function targetNode({ destination, service }: Series, isOfMesh: IsOfMesh): string {
  if (destination !== null) return nodeOf(destination);
  if (service === '') return UNKNOWN_NODE;
  return isOfMesh(service) ? serviceNode(service) : externalNode(service);
}
