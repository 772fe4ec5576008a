import type { RateLimitConfig } from '../../istio/schema/config-map.ts';
import {
  type DescriptorStatus,
  type QuestionDescriptor,
  type RateLimitAnswer,
  type RateLimitQuestion,
  UNIT_SECONDS,
} from '../../model/rate-limit-service.ts';
import { createLimitTrees, type FoundLimit, type LimitTree } from './limit-tree.ts';
import { WindowCounts } from './window-counts.ts';

/**
 * The mesh's own rate limit service, for those who run none: it counts for all proxies together. Its limits are those of
 * ConfigMaps in the format of envoyproxy/ratelimit, and those that a question brings along (mode GLOBAL of a RateLimit).
 */
export class RateLimitService {
  readonly #wall: () => number;
  readonly #counts = new WindowCounts();
  #configs: readonly RateLimitConfig[] = [];
  #trees: ReadonlyMap<string, LimitTree> = new Map();

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** What has been counted goes on. */
  configure(configs: readonly RateLimitConfig[]): void {
    if (configs === this.#configs) return;
    this.#configs = configs;
    this.#trees = createLimitTrees(configs);
  }

  answer({ domain, descriptors, hits }: RateLimitQuestion): RateLimitAnswer {
    const tree = this.#trees.get(domain);
    const found = descriptors.map((descriptor) => limitFor(descriptor, tree));
    const replaced = new Set(found.flatMap((limit) => limit?.replaces ?? []));
    const statuses = descriptors.map((descriptor, index) => {
      const limit = found[index] ?? null;
      if (limit === null || (limit.name !== '' && replaced.has(limit.name))) return NO_LIMIT;
      return this.#count(domain, descriptor, limit, Math.max(1, hits));
    });
    return {
      isOverLimit: statuses.some(({ isOverLimit }) => isOverLimit),
      ...{ statuses, responseHeaders: [], requestHeaders: [], body: NOTHING },
    };
  }

  #count(
    domain: string,
    { entries }: QuestionDescriptor,
    { requests, unit, name, isShadow }: FoundLimit,
    hits: number,
  ): DescriptorStatus {
    if (unit === null) return { ...NO_LIMIT, remaining: UNLIMITED };
    const now = this.#wall();
    const key = JSON.stringify([domain, unit, entries]);
    const { count, endsAtMs } = this.#counts.add(key, hits, UNIT_SECONDS[unit] * 1000, now);
    return {
      isOverLimit: count > requests && !isShadow,
      limit: { requests, unit, name },
      remaining: Math.max(0, requests - count),
      resetSeconds: Math.ceil((endsAtMs - now) / 1000),
    };
  }
}

const NOTHING = Buffer.alloc(0);
const UNLIMITED = 4_294_967_295;
const NO_LIMIT: DescriptorStatus = { isOverLimit: false, limit: null, remaining: 0, resetSeconds: 0 };

/** What the question says itself has precedence, as with envoyproxy/ratelimit. */
function limitFor({ entries, limit }: QuestionDescriptor, tree: LimitTree | undefined): FoundLimit | null {
  if (limit !== null) return { ...limit, name: '', isShadow: false, replaces: [] };
  return tree?.find(entries) ?? null;
}
