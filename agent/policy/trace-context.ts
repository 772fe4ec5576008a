import type { TraceHeaders } from '../../model/telemetry.ts';
import type { Headers } from '../codec/head.ts';
import { isNamed } from '../codec/header-name.ts';
import { setHeader } from './headers.ts';

/** What a caller says of the trace that its request belongs to. */
export interface TraceContext {
  /** 32 hex digits; '' = only the decision was told. */
  readonly traceId: string;
  /** The caller's span; '' = none. */
  readonly spanId: string;
  /** null = the caller leaves the decision to others. */
  readonly isSampled: boolean | null;
  /** `x-client-trace-id` is there: the caller wants this one traced. */
  readonly isForced: boolean;
}

/** Headers of B3 (github.com/openzipkin/b3-propagation) and of W3C Trace Context, by length: see {@link readTraceContext}. */
const B3 = 'b3';
const TRACEPARENT = 'traceparent';
const TRACE_ID = 'x-b3-traceid';
const SPAN_ID = 'x-b3-spanid';
const PARENT_ID = 'x-b3-parentspanid';
const SAMPLED = 'x-b3-sampled';
const FLAGS = 'x-b3-flags';
const CLIENT_TRACE_ID = 'x-client-trace-id';

/**
 * One pass over the headers; null = nothing is said. B3 in several headers is believed before B3 in one, and that
 * before W3C, as Envoy's Zipkin tracer has it.
 */
export function readTraceContext(headers: Readonly<Headers>): TraceContext | null {
  let traceId = '';
  let spanId = '';
  let sampled = '';
  let single = '';
  let parent = '';
  let isForced = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    // Names are told by their lengths first: nearly every header costs one comparison of integers.
    switch (name.length) {
      case 2:
        if (isNamed(name, B3)) single = value;
        break;
      case 10:
        if (value === '1' && isNamed(name, FLAGS)) sampled = '1';
        break;
      case 11:
        if (isNamed(name, TRACEPARENT)) parent = value;
        else if (isNamed(name, SPAN_ID)) spanId = value;
        break;
      case 12:
        if (isNamed(name, TRACE_ID)) traceId = value;
        else if (isNamed(name, SAMPLED)) sampled = sampled === '' ? value : sampled;
        break;
      case 17:
        if (isNamed(name, CLIENT_TRACE_ID)) isForced = true;
    }
  }
  const told =
    traceId !== '' || sampled !== ''
      ? fromB3(traceId, spanId, sampled)
      : single !== ''
        ? readSingle(single)
        : parent === ''
          ? null
          : readTraceparent(parent);
  return isForced ? { ...(told ?? NOTHING_TOLD), isForced } : told;
}

const NOTHING_TOLD: TraceContext = { traceId: '', spanId: '', isSampled: null, isForced: false };

function fromB3(traceId: string, spanId: string, sampled: string): TraceContext | null {
  const isSampled = decision(sampled);
  const trace = traceId.length === 16 ? traceId.padStart(32, '0') : traceId;
  if (isHex(trace, 32) && isHex(spanId, 16))
    return { traceId: trace.toLowerCase(), spanId: spanId.toLowerCase(), isSampled, isForced: false };
  return isSampled === null ? null : { ...NOTHING_TOLD, isSampled };
}

/** `{TraceId}-{SpanId}-{SamplingState}-{ParentSpanId}`, or the state alone. */
function readSingle(text: string): TraceContext | null {
  const [traceId = '', spanId, sampled = ''] = text.split('-');
  return spanId === undefined ? fromB3('', '', traceId) : fromB3(traceId, spanId, sampled);
}

/** W3C Trace Context §3.2: `00-{trace-id}-{parent-id}-{flags}`; a higher version may have more behind it. */
function readTraceparent(text: string): TraceContext | null {
  const found = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text);
  if (found === null) return null;
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = found;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1, isForced: false };
}

function decision(sampled: string): boolean | null {
  switch (sampled.toLowerCase()) {
    case '1':
    case 'd':
    case 'true':
      return true;
    case '0':
    case 'false':
      return false;
    default:
      return null;
  }
}

const isHex = (text: string, length: number) => text.length === length && /^[0-9a-f]+$/i.test(text);

export interface OwnSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
}

/** Tells whoever comes next that the trace goes on, and that it is sampled. */
export function writeTraceContext(headers: Headers, span: OwnSpan, how: TraceHeaders): void {
  if (how !== 'w3c') {
    setHeader(headers, TRACE_ID, span.traceId);
    setHeader(headers, SPAN_ID, span.spanId);
    if (span.parentId !== '') setHeader(headers, PARENT_ID, span.parentId);
    setHeader(headers, SAMPLED, '1');
  }
  if (how !== 'b3') setHeader(headers, TRACEPARENT, `00-${span.traceId}-${span.spanId}-01`);
}
