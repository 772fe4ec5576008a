import { lastField, type ProtobufField, ProtobufWriter, readFields } from '../base/protobuf.ts';
import type { Span } from './span.ts';

/**
 * OpenTelemetry's traces as collectors take them (opentelemetry/proto/collector/trace/v1, ExportTraceServiceRequest), in
 * Protocol Buffers and in JSON. Of the messages only what a {@link Span} holds.
 */

const KINDS = ['INTERNAL', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const STATUS_ERROR = 2;
const SERVICE_NAME = 'service.name';

/** Field numbers of opentelemetry.proto.trace.v1.Span. */
const SPAN = {
  traceId: 1,
  spanId: 2,
  parentId: 4,
  name: 5,
  kind: 6,
  start: 7,
  end: 8,
  attributes: 9,
  status: 15,
};

export function encodeTraces(spans: readonly Span[]): Buffer {
  const request = new ProtobufWriter();
  for (const [service, own] of Map.groupBy(spans, (span) => span.service)) {
    request.message(1, (resourceSpans) => {
      resourceSpans.message(1, (resource) => resource.bytes(1, attribute(SERVICE_NAME, service)));
      resourceSpans.message(2, (scope) => {
        scope.message(1, (named) => named.string(1, 'lateen'));
        for (const span of own) scope.message(2, (writer) => writeSpan(writer, span));
      });
    });
  }
  return request.finish();
}

function writeSpan(writer: ProtobufWriter, span: Span): void {
  writer
    .bytes(SPAN.traceId, Buffer.from(span.traceId, 'hex'))
    .bytes(SPAN.spanId, Buffer.from(span.spanId, 'hex'));
  if (span.parentId !== '') writer.bytes(SPAN.parentId, Buffer.from(span.parentId, 'hex'));
  writer
    .string(SPAN.name, span.name)
    .integer(SPAN.kind, KINDS.lastIndexOf(span.kind))
    .fixed64(SPAN.start, BigInt(span.startUs) * 1000n)
    .fixed64(SPAN.end, BigInt(span.startUs + span.durationUs) * 1000n);
  for (const [key, value] of Object.entries(span.tags)) writer.bytes(SPAN.attributes, attribute(key, value));
  if (span.isError) writer.message(SPAN.status, (status) => status.integer(3, STATUS_ERROR));
}

export function attribute(key: string, value: string): Buffer {
  return new ProtobufWriter()
    .string(1, key)
    .message(2, (any) => any.string(1, value))
    .finish();
}

/** null = it is no such message; spans without ids, or of no time, are left out. */
export function decodeTraces(body: Buffer): Span[] | null {
  const request = readFields(body);
  if (request === null) return null;
  const spans: Span[] = [];
  for (const { bytes } of request.filter(({ number }) => number === 1)) {
    const resourceSpans = readFields(bytes);
    if (resourceSpans === null) return null;
    const resource = readFields(lastField(resourceSpans, 1)?.bytes ?? NO_BYTES) ?? [];
    const service = readAttributes(resource, 1)[SERVICE_NAME] ?? 'unknown';
    for (const scope of resourceSpans.filter(({ number }) => number === 2)) {
      const fields = readFields(scope.bytes);
      if (fields === null) return null;
      for (const field of fields.filter(({ number }) => number === 2)) {
        const span = readSpan(field.bytes, service);
        if (span !== null) spans.push(span);
      }
    }
  }
  return spans;
}

const NO_BYTES = Buffer.alloc(0);

function readSpan(bytes: Buffer, service: string): Span | null {
  const fields = readFields(bytes);
  if (fields === null) return null;
  const hex = (number: number) => lastField(fields, number)?.bytes.toString('hex') ?? '';
  const nanoseconds = (number: number) => {
    const field = lastField(fields, number);
    return field?.bytes.length === 8 ? field.bytes.readBigUInt64LE() : 0n;
  };
  const status = readFields(lastField(fields, SPAN.status)?.bytes ?? NO_BYTES) ?? [];
  return spanOf({
    ...{ traceId: hex(SPAN.traceId), spanId: hex(SPAN.spanId), parentId: hex(SPAN.parentId), service },
    name: lastField(fields, SPAN.name)?.bytes.toString() ?? '',
    kind: lastField(fields, SPAN.kind)?.value ?? 0,
    ...{ start: nanoseconds(SPAN.start), end: nanoseconds(SPAN.end) },
    isError: lastField(status, 3)?.value === STATUS_ERROR,
    tags: readAttributes(fields, SPAN.attributes),
  });
}

/** Nanoseconds of the last microsecond that a number holds. */
const LATEST = BigInt(Number.MAX_SAFE_INTEGER) * 1000n;

interface ReadSpan
  extends Pick<Span, 'traceId' | 'spanId' | 'parentId' | 'service' | 'name' | 'isError' | 'tags'> {
  readonly kind: number;
  readonly start: bigint;
  readonly end: bigint;
}

function spanOf({ kind, start, end, ...read }: ReadSpan): Span | null {
  if (!/^[0-9a-f]{32}$/.test(read.traceId) || !/^[0-9a-f]{16}$/.test(read.spanId)) return null;
  // A time that no number holds exactly is none.
  if (start < 0n || start > LATEST || end > LATEST) return null;
  return {
    ...read,
    parentId: /^[0-9a-f]{16}$/.test(read.parentId) && !/^0+$/.test(read.parentId) ? read.parentId : '',
    kind: KINDS[kind] ?? 'INTERNAL',
    startUs: Number(start / 1000n),
    durationUs: end > start ? Number((end - start) / 1000n) : 0,
  };
}

function readAttributes(fields: readonly ProtobufField[], number: number): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const field of fields) {
    if (field.number !== number) continue;
    const pair = readFields(field.bytes) ?? [];
    const key = lastField(pair, 1)?.bytes.toString() ?? '';
    const [value] = readFields(lastField(pair, 2)?.bytes ?? NO_BYTES) ?? [];
    if (key !== '') attributes[key] = value === undefined ? '' : textOf(value);
  }
  return attributes;
}

/** opentelemetry.proto.common.v1.AnyValue: lists and maps are shown as they are encoded. */
function textOf({ number, value, bytes }: ProtobufField): string {
  switch (number) {
    case 1:
      return bytes.toString();
    case 2:
      return String(value === 1);
    case 3:
    case 4:
      return String(value);
    default:
      return bytes.toString('base64');
  }
}

/** The same in JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"); null = it is none. */
export function readTracesJson(text: string): Span[] | null {
  let request: JsonTraces;
  try {
    request = JSON.parse(text) as JsonTraces;
  } catch {
    return null;
  }
  try {
    return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) => {
      const service = tagsOf(resource?.attributes)[SERVICE_NAME] ?? 'unknown';
      return scopeSpans
        .flatMap(({ spans = [] }) => spans)
        .flatMap((span) => {
          const read = spanOf({
            traceId: (span.traceId ?? '').toLowerCase(),
            spanId: (span.spanId ?? '').toLowerCase(),
            parentId: (span.parentSpanId ?? '').toLowerCase(),
            ...{ service, name: span.name ?? '', kind: span.kind ?? 0, tags: tagsOf(span.attributes) },
            start: BigInt(span.startTimeUnixNano ?? 0),
            end: BigInt(span.endTimeUnixNano ?? 0),
            isError: span.status?.code === STATUS_ERROR,
          });
          return read === null ? [] : [read];
        });
    });
  } catch {
    // Some value is of another type than OTLP's: nothing of it can be trusted.
    return null;
  }
}

interface JsonTraces {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: JsonAttributes };
    readonly scopeSpans?: readonly { readonly spans?: readonly JsonSpan[] }[];
  }[];
}

interface JsonSpan {
  readonly traceId?: string;
  readonly spanId?: string;
  readonly parentSpanId?: string;
  readonly name?: string;
  readonly kind?: number;
  readonly startTimeUnixNano?: string | number;
  readonly endTimeUnixNano?: string | number;
  readonly attributes?: JsonAttributes;
  readonly status?: { readonly code?: number };
}

type JsonAttributes = readonly { readonly key: string; readonly value?: Readonly<Record<string, unknown>> }[];

function tagsOf(attributes: JsonAttributes = []): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value = {} }) => {
      const [inner = ''] = Object.values(value);
      return [key, typeof inner === 'object' ? JSON.stringify(inner) : String(inner)];
    }),
  );
}
