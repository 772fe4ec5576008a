import type { Span } from '../../model/span.ts';
import type { AdminReply } from '../admin/admin-server.ts';
import type { TraceQuery, TraceStore } from './trace-store.ts';

/** Jaeger's own limit for a question that gives none. */
const DEFAULT_LIMIT = 20;
const MOST_TRACES = 1500;
const DAY_MS = 86_400_000;

/**
 * Jaeger's query API (jaeger/cmd/query/app/http_handler.go), as its page and Grafana's data source ask it. null = it has no
 * such path.
 * @param nowMs since 1970
 */
export function answerJaeger(store: TraceStore, url: URL, nowMs: number): AdminReply | null {
  const { pathname, searchParams: query } = url;
  const [, api, what = '', of = '', more = ''] = pathname.split('/').map(decode);
  if (api !== 'api') return null;
  switch (what) {
    case 'services':
      if (of === '') return data(store.services());
      if (more !== 'operations') return null;
      return data([...new Set(store.operations(of).map(({ name }) => name))]);
    case 'operations':
      return operations(store, query);
    case 'traces':
      return of === '' ? traces(store, query) : oneTrace(store, of);
    case 'dependencies': {
      const endMs = numberOf(query, 'endTs') ?? nowMs;
      const sinceMs = endMs - (numberOf(query, 'lookback') ?? DAY_MS);
      const found = store.dependencies(sinceMs * 1000, endMs * 1000);
      return data(found.map(({ parent, child, calls }) => ({ parent, child, callCount: calls })));
    }
    default:
      return null;
  }
}

/** A step of a path; one that is not encoded well is taken as it is. */
function decode(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

function operations(store: TraceStore, query: URLSearchParams): AdminReply {
  const service = query.get('service') ?? '';
  if (service === '') return failure(400, 'parameter service is required');
  const kind = query.get('spanKind')?.toUpperCase();
  const found = store.operations(service).filter((each) => kind === undefined || each.kind === kind);
  return data(found.map((each) => ({ name: each.name, spanKind: each.kind.toLowerCase() })));
}

function oneTrace(store: TraceStore, id: string): AdminReply {
  const spans = store.trace(id.toLowerCase().padStart(32, '0'));
  return spans.length === 0 ? failure(404, 'trace not found') : data([traceOf(spans)]);
}

function traces(store: TraceStore, query: URLSearchParams): AdminReply {
  const ids = query.getAll('traceID');
  if (ids.length > 0) {
    const found = ids.map((id) => store.trace(id.padStart(32, '0'))).filter((spans) => spans.length > 0);
    return data(found.map(traceOf));
  }
  const wanted = readQuery(query);
  return 'problem' in wanted ? failure(400, wanted.problem) : data(store.find(wanted).map(traceOf));
}

function readQuery(query: URLSearchParams): TraceQuery | { problem: string } {
  const service = query.get('service') ?? '';
  if (service === '') return { problem: 'parameter service is required' };
  const tags = readTags(query);
  if (tags === null) return { problem: 'parameter tags must be a JSON object of strings' };
  const operation = query.get('operation') ?? '';
  return {
    service,
    ...(operation !== '' && operation !== 'all' && { operation }),
    tags,
    ...optional('startUs', numberOf(query, 'start')),
    ...optional('endUs', numberOf(query, 'end')),
    ...optional('minDurationUs', durationOf(query, 'minDuration')),
    ...optional('maxDurationUs', durationOf(query, 'maxDuration')),
    limit: Math.floor(Math.min(MOST_TRACES, Math.max(1, numberOf(query, 'limit') ?? DEFAULT_LIMIT))),
  };
}

function optional<Key extends string>(key: Key, value: number | null) {
  return (value === null ? {} : { [key]: value }) as { readonly [K in Key]?: number };
}

/** `tags={"error":"true"}`, or `tag=error:true` as often as one likes. */
function readTags(query: URLSearchParams): Record<string, string> | null {
  const single = query.getAll('tag').map((text) => {
    const at = text.indexOf(':');
    return [text.slice(0, Math.max(0, at)), text.slice(at + 1)];
  });
  const tags = Object.fromEntries(single) as Record<string, string>;
  const text = query.get('tags');
  if (text === null || text === '') return tags;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null;
    for (const [key, value] of Object.entries(parsed)) tags[key] = String(value);
    return tags;
  } catch {
    return null;
  }
}

function numberOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

const UNIT_US: Readonly<Record<string, number>> = { us: 1, µs: 1, ms: 1000, s: 1e6, m: 6e7, h: 3.6e9 };

/** Go's durations: `100ms`, `1.5s`. */
function durationOf(query: URLSearchParams, name: string): number | null {
  const [, amount = '', unit = ''] = /^([0-9.]+)(us|µs|ms|s|m|h)$/.exec(query.get(name) ?? '') ?? [];
  const factor = UNIT_US[unit];
  return factor === undefined ? null : Number(amount) * factor;
}

function traceOf(spans: readonly Span[]) {
  const services = [...new Set(spans.map(({ service }) => service))];
  const known = new Set(spans.map(({ spanId }) => spanId));
  return {
    traceID: spans[0]?.traceId ?? '',
    spans: spans.map((span) => jaegerSpan(span, `p${services.indexOf(span.service) + 1}`, known)),
    processes: Object.fromEntries(
      services.map((serviceName, index) => [`p${index + 1}`, { serviceName, tags: [] }]),
    ),
    warnings: null,
  };
}

function jaegerSpan(span: Span, processID: string, known: ReadonlySet<string>) {
  const { traceId: traceID, spanId: spanID, parentId } = span;
  const tags = { 'span.kind': span.kind.toLowerCase(), ...span.tags };
  return {
    ...{ traceID, spanID, operationName: span.name, processID },
    references: parentId === '' ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parentId }],
    ...{ startTime: span.startUs, duration: span.durationUs, flags: 1, logs: [] },
    tags: Object.entries(tags).map(([key, value]) => ({ key, type: 'string', value })),
    warnings:
      parentId === '' || known.has(parentId) ? null : [`the span's parent ${parentId} is not in the trace`],
  };
}

function data(list: readonly unknown[]): AdminReply {
  return { status: 200, body: { data: list, total: list.length, limit: 0, offset: 0, errors: null } };
}

function failure(code: number, msg: string): AdminReply {
  return { status: code, body: { data: null, total: 0, limit: 0, offset: 0, errors: [{ code, msg }] } };
}
