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
  const first = isUuid(requestId) ? Number.parseInt(requestId.slice(0, 8), 16) % 10_000 : Number.NaN;
  return (Number.isNaN(first) ? otherwise() * 10_000 : first) < percentage * 100;
}

/** The same id, with the decision in it; what is no UUID stays as it is. */
export function withTraceReason(requestId: string, reason: TraceReason): string {
  if (!isUuid(requestId)) return requestId;
  return `${requestId.slice(0, AT)}${REASONS[reason]}${requestId.slice(AT + 1)}`;
}
