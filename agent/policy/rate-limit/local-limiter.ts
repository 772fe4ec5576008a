import type { LocalRateLimitSpec } from '../../../model/rate-limit.ts';
import type { Descriptor } from './descriptors.ts';
import { OpenBuckets } from './open-buckets.ts';
import { TokenBucket } from './token-bucket.ts';

/** What of a limiter's settings its buckets follow from. */
export type BucketsSpec = Pick<
  LocalRateLimitSpec,
  'bucket' | 'descriptors' | 'alwaysTakesDefault' | 'maxOpenValues' | 'takesAllOrNone'
>;

/** `bucket` is the one that refused, or else the first that was taken of; null = none was. */
export interface Decision {
  readonly isAllowed: boolean;
  readonly bucket: TokenBucket | null;
}

const NO_LIMIT: Decision = { isAllowed: true, bucket: null };

/**
 * The buckets of Envoy's local rate limit: one for each descriptor that is listed, and one of all requests. What a
 * request matches is asked from the slowest on, and the first that is empty refuses it.
 */
export class LocalLimiter {
  readonly #spec: BucketsSpec;
  readonly #default: TokenBucket | null;
  /** By the entries, for descriptors without open values. */
  readonly #exact = new Map<string, TokenBucket>();
  readonly #open: readonly OpenBuckets[];

  constructor(spec: BucketsSpec, nowMs: number) {
    this.#spec = spec;
    this.#default = spec.bucket === null ? null : new TokenBucket(spec.bucket, nowMs);
    const isOpen = ({ entries }: LocalRateLimitSpec['descriptors'][number]) =>
      entries.some(([, value]) => value === '');
    for (const descriptor of spec.descriptors)
      if (!isOpen(descriptor))
        this.#exact.set(textOf(descriptor.entries), new TokenBucket(descriptor.bucket, nowMs));
    this.#open = spec.descriptors.filter(isOpen).map((each) => new OpenBuckets(each, spec.maxOpenValues));
  }

  /** Takes a token of each bucket that the request is counted in. */
  decide(descriptors: readonly Descriptor[], nowMs: number): Decision {
    if (descriptors.length === 0) return this.#decideDefault(nowMs, null);
    const matched = this.#match(descriptors, nowMs);
    if (matched.length > 1) matched.sort((a, b) => a.perMs - b.perMs);
    if (this.#spec.takesAllOrNone)
      for (const bucket of matched) if (!bucket.has(nowMs)) return { isAllowed: false, bucket };
    for (const bucket of matched) if (!bucket.take(nowMs)) return { isAllowed: false, bucket };
    const first = matched[0] ?? null;
    if (first !== null && !this.#spec.alwaysTakesDefault) return { isAllowed: true, bucket: first };
    return this.#decideDefault(nowMs, first);
  }

  #decideDefault(nowMs: number, first: TokenBucket | null): Decision {
    if (this.#default === null) return first === null ? NO_LIMIT : { isAllowed: true, bucket: first };
    if (!this.#default.take(nowMs)) return { isAllowed: false, bucket: this.#default };
    return { isAllowed: true, bucket: first ?? this.#default };
  }

  #match(descriptors: readonly Descriptor[], nowMs: number): TokenBucket[] {
    const matched: TokenBucket[] = [];
    for (const { entries } of descriptors) {
      const text = textOf(entries);
      const exact = this.#exact.get(text);
      if (exact !== undefined) matched.push(exact);
      else
        for (const open of this.#open) {
          if (!open.fits(entries)) continue;
          matched.push(open.of(text, nowMs));
          break;
        }
    }
    return matched;
  }
}

/** No header can hold these separators. */
function textOf(entries: Descriptor['entries']): string {
  let text = '';
  for (const [key, value] of entries) text += `${key}\u0000${value}\u0001`;
  return text;
}
