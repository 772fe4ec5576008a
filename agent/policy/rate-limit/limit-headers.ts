import type { DescriptorStatus } from '../../../model/rate-limit-service.ts';
import { UNIT_SECONDS } from '../../../model/rate-limit-service.ts';
import type { Headers } from '../../codec/head.ts';
import { getHeader, setHeader } from '../headers.ts';
import type { TokenBucket } from './token-bucket.ts';

/** `x-ratelimit-limit`, `-remaining` and `-reset` as Envoy writes them (draft-polli-ratelimit-headers-03). */
export interface LimitHeaders {
  /** `10, 10;w=60;name="per-key"`. */
  readonly limit: string;
  readonly remaining: number;
  readonly resetSeconds: number;
}

export function limitOfBucket(bucket: TokenBucket, nowMs: number): LimitHeaders {
  return {
    limit: String(bucket.spec.maxTokens),
    remaining: bucket.remaining(nowMs),
    // Envoy rounds down, which says "now" to a caller that would be refused again.
    resetSeconds: Math.ceil(bucket.msToNext(nowMs) / 1000),
  };
}

/** Of the descriptor with the least left, with the windows of all; null = no limit is in force. */
export function limitOfStatuses(statuses: readonly DescriptorStatus[]): LimitHeaders | null {
  let least: DescriptorStatus | null = null;
  let policy = '';
  for (const status of statuses) {
    const { limit, remaining } = status;
    if (limit === null) continue;
    if (least === null || remaining < least.remaining) least = status;
    if (limit.unit === null) continue;
    policy += `, ${limit.requests};w=${UNIT_SECONDS[limit.unit]}`;
    if (limit.name !== '') policy += `;name="${limit.name}"`;
  }
  if (least === null || least.limit === null) return null;
  const { limit, remaining, resetSeconds } = least;
  return { limit: `${limit.requests}${policy}`, remaining, resetSeconds };
}

/** Of several limits on the way the tightest is told. */
export function setLimitHeaders(headers: Headers, { limit, remaining, resetSeconds }: LimitHeaders): void {
  const told = getHeader(headers, 'x-ratelimit-remaining');
  if (told !== undefined && Number(told) < remaining) return;
  setHeader(headers, 'x-ratelimit-limit', limit);
  setHeader(headers, 'x-ratelimit-remaining', String(remaining));
  setHeader(headers, 'x-ratelimit-reset', String(resetSeconds));
}
