import { draftEdges } from './graph-edges.ts';
import { addCell, emptyCell, quantile, type TrafficCell } from './traffic-cell.ts';
import { figuresOf } from './traffic-figures.ts';
import type { TrafficStore } from './traffic-store.ts';
import { type AskedWindow, windowOf } from './window.ts';

/** What comes to one version of a workload, as `istioctl experimental metrics` has it. */
export interface WorkloadMetrics {
  /** Node of the graph: `workload/NAMESPACE/WORKLOAD/VERSION`. */
  readonly node: string;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** Milliseconds; null = nothing was answered. */
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

/** HTTP and gRPC only: of connections nobody says how long they should take. */
export function workloadMetrics(store: TrafficStore, asked: AskedWindow): WorkloadMetrics[] {
  const { fromMs, untilMs } = windowOf(store, asked);
  const cells = new Map<string, TrafficCell>();
  for (const { target, protocol, cell } of draftEdges(store.sum(fromMs, untilMs, asked.nowMs), () => true)) {
    if (protocol === 'tcp' || !target.startsWith('workload/')) continue;
    const sum = cells.get(target) ?? emptyCell();
    addCell(sum, cell);
    cells.set(target, sum);
  }
  const seconds = (untilMs - fromMs) / 1000;
  return [...cells]
    .map(([node, cell]) => {
      const { requestsPerSecond, errorShare, p50, p99 } = figuresOf('http', cell, seconds);
      const errorsPerSecond = Math.round(requestsPerSecond * errorShare * 1000) / 1000;
      return { node, requestsPerSecond, errorsPerSecond, p50, p90: quantile(cell, 0.9), p99 };
    })
    .filter(({ requestsPerSecond }) => requestsPerSecond > 0)
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}
