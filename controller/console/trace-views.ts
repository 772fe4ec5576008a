import type { TraceSummary, TraceView } from '../../model/console.ts';
import type { Span } from '../../model/span.ts';
import { spanView } from '../traces/span-view.ts';
import type { TraceQuery, TraceStore } from '../traces/trace-store.ts';
import type { FindRule } from '../world/find-rule.ts';

const USUAL_TRACES = 50;
const MOST_TRACES = 500;
const USUAL_SECONDS = 3600;

/** The search of the console, as the store understands it; null = it cannot be read. */
export function readTraceQuery(query: URLSearchParams, nowMs: number): TraceQuery | null {
  const service = query.get('service') ?? '';
  const status = query.get('status') ?? '';
  const tags = Object.fromEntries(query.getAll('tag').map(splitTag));
  const number = (name: string) => {
    const value = Number(query.get(name) ?? '');
    return Number.isFinite(value) && value > 0 ? value : 0;
  };
  if (!/^(error|[1-5]xx|\d{1,3})?$/.test(status)) return null;
  const [minMs, maxMs] = [number('minMs'), number('maxMs')];
  return {
    tags,
    startUs: (nowMs - (number('seconds') || USUAL_SECONDS) * 1000) * 1000,
    limit: Math.min(MOST_TRACES, Math.ceil(number('limit')) || USUAL_TRACES),
    ...(service !== '' && { service }),
    ...(minMs > 0 && { minDurationUs: Math.round(minMs * 1000) }),
    ...(maxMs > 0 && { maxDurationUs: Math.round(maxMs * 1000) }),
    ...(status === 'error' && { isError: true }),
    ...(/^\d/.test(status) && { status: statusRange(status) }),
  };
}

function splitTag(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function statusRange(text: string): readonly [number, number] {
  if (!text.endsWith('xx')) return [Number(text), Number(text)];
  const hundred = Number(text[0]) * 100;
  return [hundred, hundred + 99];
}

/** @param spans of one trace, in the order of their starts */
export function traceSummary(spans: readonly Span[]): TraceSummary | null {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const first = spans.find(({ parentId }) => parentId === '' || !known.has(parentId)) ?? spans[0];
  if (first === undefined) return null;
  const startUs = Math.min(...spans.map((span) => span.startUs));
  const endUs = Math.max(...spans.map((span) => span.startUs + span.durationUs));
  return {
    traceId: first.traceId,
    startMs: startUs / 1000,
    durationMs: (endUs - startUs) / 1000,
    ...{ service: first.service, name: first.name },
    services: [...new Set(spans.map(({ service }) => service))],
    spans: spans.length,
    isError: spans.some(({ isError }) => isError),
    status: Number(first.tags['http.status_code'] ?? '') || 0,
  };
}

export function traceSummaries(store: TraceStore, query: TraceQuery): TraceSummary[] {
  return store.find(query).flatMap((spans) => traceSummary(spans) ?? []);
}

/** null = it is not kept. */
export function traceView(store: TraceStore, id: string, findRule: FindRule): TraceView | null {
  const traceId = id.toLowerCase().padStart(32, '0');
  const spans = store.trace(traceId);
  return spans.length === 0 ? null : { traceId, spans: spans.map((span) => spanView(span, findRule)) };
}
