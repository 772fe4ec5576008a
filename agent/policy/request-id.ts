/**
 * Envoy's UUID request id extension (envoy.extensions.request_id.uuid.v3): the digit of the version tells of a decision
 * about tracing, and the first eight make the decision the same at every proxy.
 */
const AT = 14;
const LENGTH = 36;
const DASH = 0x2d;
const REASONS = { sampled: '9', forced: 'a', client: 'b' } as const;

export type TraceReason = keyof typeof REASONS;

/** By its shape alone: who wrote another digit somewhere loses nothing. */
function isUuid(text: string): boolean {
  return text.length === LENGTH && text.charCodeAt(8) === DASH && text.charCodeAt(13) === DASH;
}

/** null = no decision stands in it. */
export function traceReasonOf(requestId: string): TraceReason | null {
  if (!isUuid(requestId)) return null;
  switch (requestId.charCodeAt(AT)) {
    case 0x39:
      return 'sampled';
    case 0x61:
      return 'forced';
    case 0x62:
      return 'client';
    default:
      return null;
  }
}

/** Whether so many per cent of all ids include this one; `otherwise` is for what is no UUID. */
export function isInSample(requestId: string, percentage: number, otherwise: () => number): boolean {
  if (percentage <= 0) return false;
  if (percentage >= 100) return true;
  const first = isUuid(requestId) ? firstDigits(requestId) : Number.NaN;
  return (Number.isNaN(first) ? otherwise() * 10_000 : first % 10_000) < percentage * 100;
}

/** The first eight digits as a number, NaN = some are none; by character, as a part of the text would be a new one. */
function firstDigits(requestId: string): number {
  let value = 0;
  for (let at = 0; at < 8; at++) {
    const code = requestId.charCodeAt(at) | 0x20;
    if (code >= 0x61 && code <= 0x66) value = value * 16 + code - 0x57;
    else if (code >= 0x30 && code <= 0x39) value = value * 16 + code - 0x30;
    else return Number.NaN;
  }
  return value;
}

/** The same id, with the decision in it; what is no UUID stays as it is. */
export function withTraceReason(requestId: string, reason: TraceReason): string {
  if (!isUuid(requestId)) return requestId;
  return `${requestId.slice(0, AT)}${REASONS[reason]}${requestId.slice(AT + 1)}`;
}
