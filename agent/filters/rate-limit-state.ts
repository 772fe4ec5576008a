import { canonicalJson } from '../../base/canonical-json.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { LocalRateLimitSpec, RateLimitsSpec } from '../../model/rate-limit.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { type BucketsSpec, LocalLimiter } from '../policy/rate-limit/local-limiter.ts';
import { ToldLately } from '../telemetry/told-lately.ts';
import type { Cluster } from '../upstream/cluster.ts';

export interface RateLimitFilterDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly state: RateLimitState;
  /** Where services are found that count. */
  readonly clusters: ReadonlyMap<string, Cluster>;
  readonly isGateway: boolean;
}

/** Envoy's names. */
export interface LocalCounts {
  enabled: number;
  enforced: number;
  ok: number;
  rate_limited: number;
}

export interface GlobalCounts {
  ok: number;
  over_limit: number;
  error: number;
  failure_mode_allowed: number;
}

const LOG_PAUSE_MS = 60_000;

interface Kept {
  /** The settings that the buckets follow from, as text. */
  readonly settings: string;
  readonly limiter: LocalLimiter;
}

/**
 * What rate limits have counted in this proxy. It outlives snapshots: a push that changes nothing of a limit fills no
 * bucket.
 */
export class RateLimitState {
  /** null = failures are not logged. */
  readonly #watch: { readonly told: ToldLately; readonly log: Logger } | null;
  readonly #limiters = new Map<string, Kept>();
  /** By the prefix of the metrics' names. */
  readonly local = new Map<string, LocalCounts>();
  /** By the cluster that requests go to, and by the prefix. */
  readonly global = new Map<string, Map<string, GlobalCounts>>();

  constructor(watch: { readonly clock: Clock; readonly log: Logger } | null = null) {
    this.#watch = watch === null ? null : { told: new ToldLately(watch.clock, LOG_PAUSE_MS), log: watch.log };
  }

  /** A service that counts did not answer: said once a minute, since there may be one for each request. */
  onFailure(service: string, reason: string, isRefused: boolean): void {
    if (this.#watch?.told.isNews(service) !== true) return;
    const outcome = isRefused ? 'requests are refused' : 'requests pass uncounted';
    this.#watch.log.warn(`a rate limit service does not answer: ${outcome}`, { service, reason });
  }

  limiterOf(spec: LocalRateLimitSpec, nowMs: number): LocalLimiter {
    const settings = canonicalJson(bucketsOf(spec));
    const known = this.#limiters.get(spec.name);
    if (known?.settings === settings) return known.limiter;
    const limiter = new LocalLimiter(spec, nowMs);
    this.#limiters.set(spec.name, { settings, limiter });
    return limiter;
  }

  localCounts(prefix: string): LocalCounts {
    const counts = this.local.get(prefix) ?? { enabled: 0, enforced: 0, ok: 0, rate_limited: 0 };
    this.local.set(prefix, counts);
    return counts;
  }

  globalCounts(cluster: string, prefix: string): GlobalCounts {
    const ofCluster = this.global.get(cluster) ?? new Map<string, GlobalCounts>();
    this.global.set(cluster, ofCluster);
    const counts = ofCluster.get(prefix) ?? { ok: 0, over_limit: 0, error: 0, failure_mode_allowed: 0 };
    ofCluster.set(prefix, counts);
    return counts;
  }

  /** Drops what a new snapshot does not name any more. */
  configure({ resources }: Snapshot): void {
    if (this.#limiters.size === 0) return;
    const named = new Set([...resources.rateLimit.values()].flatMap(localLimits).map(({ name }) => name));
    for (const name of this.#limiters.keys()) if (!named.has(name)) this.#limiters.delete(name);
  }
}

function bucketsOf(spec: LocalRateLimitSpec): BucketsSpec {
  const { bucket, descriptors, alwaysTakesDefault, maxOpenValues, takesAllOrNone } = spec;
  return { bucket, descriptors, alwaysTakesDefault, maxOpenValues, takesAllOrNone };
}

function localLimits({ limiters, routes }: RateLimitsSpec): LocalRateLimitSpec[] {
  const ofRoutes = routes.flatMap(({ local }) => local ?? []);
  return [...limiters.filter((limiter) => limiter.kind === 'local'), ...ofRoutes];
}
