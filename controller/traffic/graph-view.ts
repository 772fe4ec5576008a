import type { GraphNode, GraphView } from '../../model/console.ts';
import type { TrafficStore } from './traffic-store.ts';

export interface Window {
  readonly nowMs: number;
  readonly seconds: number;
  readonly untilMs: number;
}

/** @param known nodes that are there whether they are called or not */
export function graphView(
  _store: TrafficStore,
  known: ReadonlyMap<string, GraphNode>,
  { seconds, untilMs }: Window,
): GraphView {
  return { fromMs: untilMs - seconds * 1000, untilMs, nodes: [...known.values()], edges: [] };
}
