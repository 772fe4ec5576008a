import { lastField, type ProtobufField, ProtobufWriter, readFields } from '../base/protobuf.ts';
import type { RateUnit, WindowSpec } from './rate-limit.ts';

/**
 * The messages of `envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit` (rls.proto, ratelimit.proto), of both
 * ends: proxies ask, and the controller answers where the mesh has no service of its own.
 */

export const RATE_LIMIT_SERVICE = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit';

export interface RateLimitQuestion {
  readonly domain: string;
  readonly descriptors: readonly QuestionDescriptor[];
  /** 0 = 1. */
  readonly hits: number;
}

export interface QuestionDescriptor {
  readonly entries: readonly (readonly [key: string, value: string])[];
  /** In place of what the service knows; null = nothing is said. */
  readonly limit: WindowSpec | null;
}

export interface RateLimitAnswer {
  readonly isOverLimit: boolean;
  /** One for each descriptor. */
  readonly statuses: readonly DescriptorStatus[];
  readonly responseHeaders: readonly (readonly [name: string, value: string])[];
  readonly requestHeaders: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface DescriptorStatus {
  readonly isOverLimit: boolean;
  /** null = there is no limit for it. */
  readonly limit: {
    readonly requests: number;
    /** null = one that is not known. */
    readonly unit: RateUnit | null;
    readonly name: string;
  } | null;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export const UNIT_SECONDS: Readonly<Record<RateUnit, number>> = {
  ...{ SECOND: 1, MINUTE: 60, HOUR: 3600, DAY: 86_400, MONTH: 2_592_000, YEAR: 31_536_000 },
};

/** In the order of the protocol's numbers, from 1. */
const UNITS: readonly RateUnit[] = ['SECOND', 'MINUTE', 'HOUR', 'DAY', 'MONTH', 'YEAR'];
const CODE = { ok: 1, overLimit: 2 } as const;

export function writeQuestion({ domain, descriptors, hits }: RateLimitQuestion): Buffer {
  const writer = new ProtobufWriter().string(1, domain);
  for (const { entries, limit } of descriptors) {
    writer.message(2, (descriptor) => {
      for (const [key, value] of entries)
        descriptor.message(1, (entry) => entry.string(1, key).string(2, value));
      if (limit !== null)
        descriptor.message(2, (inner) =>
          inner.integer(1, limit.requests).integer(2, UNITS.indexOf(limit.unit) + 1),
        );
    });
  }
  if (hits > 0) writer.integer(3, hits);
  return writer.finish();
}

/** null = it is none. */
export function readQuestion(message: Buffer): RateLimitQuestion | null {
  const fields = readFields(message);
  if (fields === null) return null;
  const descriptors: QuestionDescriptor[] = [];
  for (const field of fields) {
    if (field.number !== 2) continue;
    const descriptor = readDescriptor(field.bytes);
    if (descriptor === null) return null;
    descriptors.push(descriptor);
  }
  return { domain: textOf(fields, 1), descriptors, hits: lastField(fields, 3)?.value ?? 0 };
}

function readDescriptor(message: Buffer): QuestionDescriptor | null {
  const fields = readFields(message);
  const entries = fields === null ? null : readPairs(fields, 1);
  if (fields === null || entries === null) return null;
  const override = lastField(fields, 2);
  if (override === undefined) return { entries, limit: null };
  const inner = readFields(override.bytes);
  const unit = UNITS[(inner === null ? 0 : (lastField(inner, 2)?.value ?? 0)) - 1];
  if (inner === null || unit === undefined) return null;
  return { entries, limit: { requests: lastField(inner, 1)?.value ?? 0, unit } };
}

export function writeAnswer(answer: RateLimitAnswer): Buffer {
  const writer = new ProtobufWriter().integer(1, answer.isOverLimit ? CODE.overLimit : CODE.ok);
  for (const { isOverLimit, limit, remaining, resetSeconds } of answer.statuses) {
    writer.message(2, (status) => {
      status.integer(1, isOverLimit ? CODE.overLimit : CODE.ok);
      if (limit !== null) {
        const unit = limit.unit === null ? 0 : UNITS.indexOf(limit.unit) + 1;
        status.message(2, (inner) => inner.integer(1, limit.requests).integer(2, unit).string(3, limit.name));
      }
      status.integer(3, remaining).message(4, (duration) => duration.integer(1, resetSeconds));
    });
  }
  writePairs(writer, 3, answer.responseHeaders);
  writePairs(writer, 4, answer.requestHeaders);
  if (answer.body.length > 0) writer.bytes(5, answer.body);
  return writer.finish();
}

/** null = it is none, or says neither yes nor no. */
export function readAnswer(message: Buffer): RateLimitAnswer | null {
  const fields = readFields(message);
  if (fields === null) return null;
  const code = lastField(fields, 1)?.value;
  const [responseHeaders, requestHeaders] = [readPairs(fields, 3), readPairs(fields, 4)];
  if ((code !== CODE.ok && code !== CODE.overLimit) || responseHeaders === null || requestHeaders === null)
    return null;
  const statuses: DescriptorStatus[] = [];
  for (const field of fields) {
    if (field.number !== 2) continue;
    const status = readStatus(field.bytes);
    if (status === null) return null;
    statuses.push(status);
  }
  const body = lastField(fields, 5)?.bytes ?? Buffer.alloc(0);
  return { isOverLimit: code === CODE.overLimit, statuses, responseHeaders, requestHeaders, body };
}

function readStatus(message: Buffer): DescriptorStatus | null {
  const fields = readFields(message);
  if (fields === null) return null;
  const limit = lastField(fields, 2);
  const inner = limit === undefined ? [] : readFields(limit.bytes);
  const duration = readFields(lastField(fields, 4)?.bytes ?? Buffer.alloc(0));
  if (inner === null || duration === null) return null;
  return {
    isOverLimit: lastField(fields, 1)?.value === CODE.overLimit,
    limit:
      limit === undefined
        ? null
        : {
            requests: lastField(inner, 1)?.value ?? 0,
            unit: UNITS[(lastField(inner, 2)?.value ?? 0) - 1] ?? null,
            name: textOf(inner, 3),
          },
    remaining: lastField(fields, 3)?.value ?? 0,
    resetSeconds: lastField(duration, 1)?.value ?? 0,
  };
}

function writePairs(
  writer: ProtobufWriter,
  number: number,
  pairs: readonly (readonly [string, string])[],
): void {
  for (const [key, value] of pairs) writer.message(number, (pair) => pair.string(1, key).string(2, value));
}

/** Entries and header values alike: a key and a value; a header's value may stand in `raw_value`. */
function readPairs(fields: readonly ProtobufField[], number: number): [string, string][] | null {
  const pairs: [string, string][] = [];
  for (const field of fields) {
    if (field.number !== number) continue;
    const inner = readFields(field.bytes);
    if (inner === null) return null;
    pairs.push([textOf(inner, 1), textOf(inner, 2) || textOf(inner, 3)]);
  }
  return pairs;
}

const textOf = (fields: readonly ProtobufField[], number: number) =>
  lastField(fields, number)?.bytes.toString() ?? '';
