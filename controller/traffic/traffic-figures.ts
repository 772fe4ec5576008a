import type { GraphEdge, TrafficFigures } from '../../model/console.ts';
import { countOf, errorsOf, quantile, type TrafficCell } from './traffic-cell.ts';

/** Figures of a span of time. */
export function figuresOf(
  protocol: GraphEdge['protocol'],
  cell: TrafficCell,
  seconds: number,
): TrafficFigures {
  const errors = errorsOf(cell);
  // A TCP connection counts when it is opened, or when that fails.
  const count = protocol === 'tcp' ? cell.opened + errors : countOf(cell);
  return {
    requestsPerSecond: round(count / seconds),
    errorShare: count === 0 ? 0 : Math.min(1, errors / count),
    p50: quantile(cell, 0.5),
    p95: quantile(cell, 0.95),
    p99: quantile(cell, 0.99),
    bytesInPerSecond: round(cell.sentBytes / seconds),
    bytesOutPerSecond: round(cell.receivedBytes / seconds),
    openConnections: cell.open,
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
