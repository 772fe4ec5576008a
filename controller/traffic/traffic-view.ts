import type { TrafficPoint, TrafficView } from '../../model/console.ts';
import { draftEdges, type EdgeDraft, type IsOfMesh } from './graph-edges.ts';
import { addCell, emptyCell, type TrafficCell } from './traffic-cell.ts';
import { figuresOf } from './traffic-figures.ts';
import type { TrafficStore } from './traffic-store.ts';
import { type AskedWindow, windowOf } from './window.ts';

/** More points than a chart has room for help nobody. */
const MAX_POINTS = 180;

/** What came to a node and what went out of it, over time. */
export function trafficView(
  store: TrafficStore,
  node: string,
  asked: AskedWindow,
  isOfMesh: IsOfMesh,
): TrafficView {
  const { fromMs, untilMs, stepMs: finestMs } = windowOf(store, asked);
  const stepMs = finestMs * Math.max(1, Math.ceil((untilMs - fromMs) / finestMs / MAX_POINTS));
  const inbound: TrafficPoint[] = [];
  const outbound: TrafficPoint[] = [];
  for (let atMs = fromMs; atMs < untilMs; atMs += stepMs) {
    const edges = draftEdges(store.sum(atMs, atMs + stepMs, asked.nowMs), isOfMesh);
    inbound.push(
      pointOf(
        atMs,
        edges.filter(({ target }) => target === node),
        stepMs,
      ),
    );
    outbound.push(
      pointOf(
        atMs,
        edges.filter(({ source }) => source === node),
        stepMs,
      ),
    );
  }
  return { stepMs, inbound, outbound };
}

function pointOf(atMs: number, edges: readonly EdgeDraft[], stepMs: number): TrafficPoint {
  const seconds = stepMs / 1000;
  const ofRequests = edges.filter(({ protocol }) => protocol !== 'tcp');
  const http = figuresOf('http', merge(ofRequests), seconds);
  const tcp = figuresOf('tcp', merge(edges.filter(({ protocol }) => protocol === 'tcp')), seconds);
  const perSecond = http.requestsPerSecond + tcp.requestsPerSecond;
  const errors = http.requestsPerSecond * http.errorShare + tcp.requestsPerSecond * tcp.errorShare;
  return {
    atMs,
    ...http,
    requestsPerSecond: perSecond,
    errorShare: perSecond === 0 ? 0 : errors / perSecond,
    bytesInPerSecond: http.bytesInPerSecond + tcp.bytesInPerSecond,
    bytesOutPerSecond: http.bytesOutPerSecond + tcp.bytesOutPerSecond,
    openConnections: http.openConnections + tcp.openConnections,
  };
}

function merge(edges: readonly EdgeDraft[]): TrafficCell {
  const sum = emptyCell();
  let open = 0;
  for (const { cell } of edges) {
    addCell(sum, cell);
    open += cell.open;
  }
  sum.open = open;
  return sum;
}
