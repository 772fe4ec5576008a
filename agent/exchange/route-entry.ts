import type { RouteActionSpec, RouteSpec, VirtualHostSpec } from '../../model/route.ts';
import { type CorsPolicy, createCorsPolicy } from '../policy/cors.ts';
import type { ExactWeights } from '../policy/exact-weights.ts';
import { createHashPolicies, type HashPolicies } from '../policy/hash-policy.ts';
import { createHeaderOps, type HeaderOps } from '../policy/header-ops.ts';
import { createPathRewrite, type PathRewrite } from '../policy/rewrite.ts';
import type { TestCounters } from '../policy/test-counters.ts';
import { createWeightedChoice, type WeightedChoice } from '../policy/weighted.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { createMirrors, type Mirror } from './mirror.ts';

/** A route with everything resolved that can be before a request comes. */
export interface RouteEntry {
  readonly spec: RouteSpec;
  readonly virtualHost: string;
  /** null for redirects and direct responses. */
  readonly destinations: WeightedChoice<Destination> | null;
  /** For tests: gives indexes of the destinations' items; null = by chance. */
  readonly exact: ExactWeights | null;
  readonly rewrite: PathRewrite | null;
  readonly cors: CorsPolicy | null;
  /** Empty for most. */
  readonly mirrors: readonly Mirror[];
  /** null = requests are placed by no hash. */
  readonly hash: HashPolicies | null;
  /** For answers that no destination gave. */
  readonly responseOps: HeaderOps | null;
}

export interface Destination {
  readonly clusterName: string;
  /** null = the snapshot has no such cluster: 503 NC. */
  readonly cluster: Cluster | null;
  readonly requestOps: HeaderOps | null;
  readonly responseOps: HeaderOps | null;
  /** Host rewrites in the order in which they are done; empty = Host as received. */
  readonly authorities: readonly string[];
}

export function createRouteEntry(
  spec: RouteSpec,
  virtualHost: VirtualHostSpec,
  clusters: ReadonlyMap<string, Cluster>,
  counters: TestCounters | null = null,
): RouteEntry {
  const { action } = spec;
  return {
    spec,
    virtualHost: virtualHost.name,
    destinations: action.kind === 'route' ? createDestinations(spec, action, clusters) : null,
    exact: action.kind === 'route' ? createExact(action, counters) : null,
    rewrite:
      action.kind === 'route' ? createPathRewrite(action.rewrite?.path ?? null, spec.match.path) : null,
    mirrors: createMirrors(action.kind === 'route' ? action.mirrors : [], clusters),
    cors: spec.cors === null ? null : createCorsPolicy(spec.cors),
    hash: action.kind === 'route' ? createHashPolicies(action.hash) : null,
    responseOps: createHeaderOps([spec.responseHeaders]),
  };
}

/** Items of weight 0 are not among those that are chosen from. */
function createExact(
  { exact, clusters }: RouteActionSpec,
  counters: TestCounters | null,
): ExactWeights | null {
  if (exact === undefined || counters === null || clusters.length === 1) return null;
  const weights = clusters.map(({ weight }) => weight).filter((weight) => weight > 0);
  return weights.length === 0 ? null : counters.weightsOf(exact, weights);
}

/**
 * With one destination its operations come after the route's and win; with several it is the other way round
 * (ISTIO.md §1.5, "levels").
 */
function createDestinations(
  spec: RouteSpec,
  action: RouteActionSpec,
  clusters: ReadonlyMap<string, Cluster>,
): WeightedChoice<Destination> {
  const isSingle = action.clusters.length === 1;
  const levels = <T>(route: T, destination: T): T[] =>
    isSingle ? [route, destination] : [destination, route];
  return createWeightedChoice(
    action.clusters.map((cluster) => {
      const destination: Destination = {
        clusterName: cluster.name,
        cluster: clusters.get(cluster.name) ?? null,
        requestOps: createHeaderOps(levels(spec.requestHeaders, cluster.requestHeaders)),
        responseOps: createHeaderOps(levels(spec.responseHeaders, cluster.responseHeaders)),
        authorities: hostRewrites(action.rewrite?.authority ?? null, cluster.authority, isSingle),
      };
      return [destination, cluster.weight] as const;
    }),
  );
}

/** The route's rewrite wins; of several destinations the own one is done before it, and leaves its trace. */
function hostRewrites(ofRoute: string | null, ofTarget: string | null, isSingle: boolean): string[] {
  if (ofRoute === null) return ofTarget === null ? [] : [ofTarget];
  return isSingle || ofTarget === null ? [ofRoute] : [ofTarget, ofRoute];
}
