import { parseClusterName } from '../../../model/names.ts';
import type { HashPolicySpec, RouteActionSpec, RouteConfigSpec, RouteSpec } from '../../../model/route.ts';
import type { WorldIndex } from '../world-index.ts';
import { type Caller, findDestinationPolicy } from './destination-rules.ts';
import { compileHashPolicy } from './load-balancer.ts';
import { selectBlocks } from './traffic-policy.ts';

/**
 * What the DestinationRules of a route's destinations hash is said at the route (Envoy's RouteAction.hash_policy): put
 * in once the routes are made, whether a VirtualService made them or Istio's defaults did.
 */
export function withHashPolicies(
  index: WorldIndex,
  caller: Caller,
  configs: readonly RouteConfigSpec[],
): readonly RouteConfigSpec[] {
  if (!index.hasConsistentHash) return configs;
  const policies = new Map<string, HashPolicySpec | null>();
  const policyOf = (cluster: string) => {
    const known = policies.get(cluster);
    if (known !== undefined) return known;
    const policy = hashPolicyOf(index, caller, cluster);
    policies.set(cluster, policy);
    return policy;
  };
  return configs.map((config) => ({
    ...config,
    virtualHosts: config.virtualHosts.map((host) => ({
      ...host,
      routes: host.routes.map((route) => withHashPolicy(route, policyOf)),
    })),
  }));
}

function withHashPolicy(route: RouteSpec, policyOf: (cluster: string) => HashPolicySpec | null): RouteSpec {
  const { action } = route;
  if (action.kind !== 'route') return route;
  const hash = action.clusters.map(({ name }) => policyOf(name)).filter((policy) => policy !== null);
  return hash.length === 0 ? route : { ...route, action: { ...action, hash, retry: retryOf(action) } };
}

/** A hash leads to the same host again: Istio then takes back the wish for another one (ISTIO.md §2.3). */
function retryOf({ clusters, retry }: RouteActionSpec): RouteActionSpec['retry'] {
  return retry === null || clusters.length > 1 ? retry : { ...retry, hostSelectionAttempts: 0 };
}

function hashPolicyOf(index: WorldIndex, caller: Caller, cluster: string): HashPolicySpec | null {
  const parts = parseClusterName(cluster);
  const service = index.servicesByHost.get(parts?.hostname ?? '');
  if (parts === null || service === undefined) return null;
  const { trafficPolicy, subsets } = findDestinationPolicy(
    index.destinationRules,
    index.world.mesh,
    caller,
    service,
  );
  const subset = subsets.find(({ name }) => name === parts.subset);
  if (parts.subset !== '' && subset === undefined) return null;
  return compileHashPolicy(selectBlocks(trafficPolicy, subset, parts.port).loadBalancer);
}
