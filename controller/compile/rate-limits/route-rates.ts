import type { RateLimitPatch, RouteLevel } from '../../../istio/envoy/rate-limit-patches.ts';
import type { LocalRateLimitSpec, RateSpec, RouteRateLimitsSpec } from '../../../model/rate-limit.ts';
import type { RouteConfigSpec, VirtualHostSpec } from '../../../model/route.ts';
import { compileLocalRateLimit, compileRates } from './envoy-rate-limits.ts';
import { matchesHost, matchesRoute, matchesRouteConfig, type RoutePlace } from './patch-match.ts';
import { type OwnedPatch, patchName, type RateLimits } from './rate-limit-plan.ts';

/** What patches of route configs, virtual hosts and routes say, for each route that they are about. */
export function routeRates(
  { patches, cluster }: RateLimits,
  config: RouteConfigSpec,
  place: RoutePlace,
): readonly RouteRateLimitsSpec[] {
  const ofRoutes = patches.filter(({ patch }) => !isFilter(patch) && matchesRouteConfig(patch.match, place));
  if (ofRoutes.length === 0) return [];
  return config.virtualHosts.flatMap((host) => {
    const ofHost = ofRoutes.filter(({ patch }) => matchesHost(patch.match, place, host));
    return ofHost.length === 0 ? [] : ratesOfHost(config, host, ofHost, cluster);
  });
}

const isFilter = ({ kind }: RateLimitPatch) => kind === 'local-filter' || kind === 'global-filter';

function ratesOfHost(
  config: RouteConfigSpec,
  host: VirtualHostSpec,
  patches: readonly OwnedPatch[],
  cluster: string,
): RouteRateLimitsSpec[] {
  return host.routes.flatMap((route, index) => {
    const ofRoute = patches.filter(
      ({ patch }) => levelOf(patch) !== 'route' || matchesRoute(patch.match, route),
    );
    const hostName = `${config.name} ${host.name}`;
    const names = { config: config.name, host: hostName, route: `${hostName} ${route.name}[${index}]` };
    const rates = ratesOf(ofRoute, cluster);
    const local = localOf(ofRoute, names, cluster);
    return rates.length === 0 && local === null ? [] : [{ host: host.name, route: index, rates, local }];
  });
}

const levelOf = (patch: RateLimitPatch): RouteLevel => ('level' in patch ? patch.level : 'route');

/** Those of the virtual host hold where the route has none of its own, or asks for them (RouteAction in Envoy). */
function ratesOf(patches: readonly OwnedPatch[], cluster: string): readonly RateSpec[] {
  const of = (isOwn: boolean) =>
    patches.flatMap(({ patch }) =>
      patch.kind === 'rates' && (patch.level === 'route') === isOwn ? compileRates(patch.rates, cluster) : [],
    );
  const own = of(true);
  const includesHost = patches.some(({ patch }) => patch.kind === 'includes-host-rates');
  return own.length > 0 && !includesHost ? own : [...own, ...of(false)];
}

const LEVELS: readonly RouteLevel[] = ['route', 'host', 'config'];

/** The nearest level wins, and of one level what was said last; what it counts is shared by all below that level. */
function localOf(
  patches: readonly OwnedPatch[],
  names: Readonly<Record<RouteLevel, string>>,
  cluster: string,
): LocalRateLimitSpec | null {
  for (const level of LEVELS) {
    for (const { owner, patch } of patches.toReversed()) {
      if (patch.kind !== 'local-of-route' || patch.level !== level) continue;
      const name = `${patchName(owner, patch)} ${names[level]}`;
      return compileLocalRateLimit(patch.config, { name, place: 'first', cluster });
    }
  }
  return null;
}
