import type { RateLimitPatch } from '../../../istio/envoy/rate-limit-patches.ts';
import type { ListenerSpec } from '../../../model/listener.ts';
import { BUILT_IN_RATE_LIMIT_CLUSTER, parseClusterName } from '../../../model/names.ts';
import type { GlobalRateLimitSpec, RateLimiterSpec, RateLimitsSpec } from '../../../model/rate-limit.ts';
import type { RouteConfigSpec } from '../../../model/route.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { compileGlobalRateLimit, compileLocalRateLimit } from './envoy-rate-limits.ts';
import { matchesListener, placesOf, type RoutePlace } from './patch-match.ts';
import { compileRateLimitDocument } from './rate-limit-documents.ts';
import { type OwnedPatch, patchName, type RateLimits, rateLimitsOf } from './rate-limit-plan.ts';
import { routeRates } from './route-rates.ts';

/** By the name of the route config; nothing for most proxies. */
export function compileRateLimits(
  index: WorldIndex,
  proxy: Workload,
  routings: readonly Routing[],
): ReadonlyMap<string, RateLimitsSpec> {
  const limits = rateLimitsOf(index, proxy);
  if (limits === null) return NONE;
  const specs = routings.flatMap(({ listeners, routes }) => {
    const places = placesOf(listeners, (port) => servicePorts(index, proxy, port));
    return routes.flatMap((config) => {
      const place = places.get(config.name);
      return place === undefined ? [] : (compileConfig(index, proxy, limits, config, place) ?? []);
    });
  });
  return index.shared.keep(`rate limits of ${proxy.id}`, specs, () => {
    return new Map(specs.map((spec) => [spec.name, spec]));
  });
}

function servicePorts({ world }: WorldIndex, proxy: Workload, port: number): number[] {
  return world.services
    .filter(({ members }) => members.includes(proxy.id))
    .flatMap(({ ports }) => ports.filter(({ targetPort }) => targetPort === port))
    .map(({ number }) => number);
}

export interface Routing {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
}

const NONE: ReadonlyMap<string, RateLimitsSpec> = new Map();

/** null = requests may come as often as they like. */
function compileConfig(
  index: WorldIndex,
  proxy: Workload,
  limits: RateLimits,
  config: RouteConfigSpec,
  place: RoutePlace,
): RateLimitsSpec | null {
  const { name } = config;
  return index.shared.keep(`rate limits of ${proxy.id} ${name}`, [config, index.world], () => {
    const limiters = limitersOf(index, limits, place).filter(
      (limiter) => !isAskedItself(index, proxy, limiter),
    );
    return limiters.length === 0 ? null : { name, limiters, routes: routeRates(limits, config, place) };
  });
}

/** A service of limits that were limited by itself would ask itself about each question. */
function isAskedItself({ servicesByHost }: WorldIndex, proxy: Workload, limiter: RateLimiterSpec): boolean {
  if (limiter.kind !== 'global') return false;
  const hostname = parseClusterName(limiter.cluster)?.hostname ?? '';
  return servicesByHost.get(hostname)?.members.includes(proxy.id) === true;
}

/** A caller's own side is not what a RateLimit protects. */
function limitersOf(
  index: WorldIndex,
  { patches, documents, cluster }: RateLimits,
  place: RoutePlace,
): readonly RateLimiterSpec[] {
  const mesh = index.world.mesh;
  const own = place.direction === 'outbound' ? [] : documents;
  return [
    ...patches.flatMap((owned) => filterOf(owned, cluster, place)),
    ...own.map((document) => compileRateLimitDocument(document, mesh)),
  ].map((limiter) => (limiter.kind === 'global' ? withService(index, limiter) : limiter));
}

function filterOf({ owner, patch }: OwnedPatch, cluster: string, place: RoutePlace): RateLimiterSpec[] {
  if (!isFilter(patch) || !matchesListener(patch.match, place)) return [];
  const context = { name: `${patchName(owner, patch)} ${place.route}`, place: patch.order, cluster };
  return patch.kind === 'local-filter'
    ? [compileLocalRateLimit(patch.config, context)]
    : [compileGlobalRateLimit(patch.config, context)];
}

type FilterPatch = Extract<RateLimitPatch, { kind: 'local-filter' | 'global-filter' }>;

const isFilter = (patch: RateLimitPatch): patch is FilterPatch =>
  patch.kind === 'local-filter' || patch.kind === 'global-filter';

/**
 * Istio's task deploys a service of limits beside their ConfigMap. Where the ConfigMap is there and the service is not,
 * the mesh's own answers for it.
 */
function withService(
  { servicesByHost, rateLimitConfigs }: WorldIndex,
  limiter: GlobalRateLimitSpec,
): GlobalRateLimitSpec {
  const hostname = parseClusterName(limiter.cluster)?.hostname ?? '';
  const isThere = limiter.cluster === BUILT_IN_RATE_LIMIT_CLUSTER || servicesByHost.has(hostname);
  if (isThere || !rateLimitConfigs.some(({ domain }) => domain === limiter.domain)) return limiter;
  return { ...limiter, cluster: BUILT_IN_RATE_LIMIT_CLUSTER, authority: '' };
}

/** Clusters of the services that are asked. */
export function askedClusters(limits: ReadonlyMap<string, RateLimitsSpec>): Set<string> {
  const asked = new Set<string>();
  for (const { limiters } of limits.values())
    for (const limiter of limiters) if (limiter.kind === 'global') asked.add(limiter.cluster);
  return asked;
}
