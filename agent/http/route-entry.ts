import type {
  DirectResponseActionSpec,
  RedirectActionSpec,
  RouteActionSpec,
  RouteSpec,
} from '../../model/route.ts';
import { createHeaderOps, type HeaderOps } from '../policy/header-ops.ts';
import { createPathRewrite, type PathRewrite } from '../policy/rewrite.ts';
import { createWeightedChoice, type WeightedChoice } from '../policy/weighted.ts';
import type { Cluster } from '../pool/cluster.ts';

/** A route with everything worked out that can be before the first request. */
export interface RouteEntry {
  readonly spec: RouteSpec;
  readonly name: string;
  readonly action: RouteAction;
}

export type RouteAction =
  | ForwardAction
  | {
      readonly kind: 'redirect';
      readonly spec: RedirectActionSpec;
      readonly prefixLength: number;
      readonly target: RouteTarget;
    }
  | {
      readonly kind: 'direct';
      readonly spec: DirectResponseActionSpec;
      readonly body: Buffer | null;
      readonly target: RouteTarget;
    };

export interface ForwardAction {
  readonly kind: 'route';
  readonly spec: RouteActionSpec;
  readonly targets: WeightedChoice<RouteTarget>;
  readonly rewritePath: PathRewrite | null;
}

/** One weighted destination of a route, with the header operations of all levels in their order. */
export interface RouteTarget {
  /** null = the snapshot has no such cluster (flag NC). */
  readonly cluster: Cluster | null;
  readonly requestOps: HeaderOps | null;
  readonly responseOps: HeaderOps | null;
  /** Host rewrites, in the order in which they are done. */
  readonly authorities: readonly string[];
}

export function createRouteEntry(spec: RouteSpec, clusters: ReadonlyMap<string, Cluster>): RouteEntry {
  return { spec, name: spec.name, action: createAction(spec, clusters) };
}

function createAction(spec: RouteSpec, clusters: ReadonlyMap<string, Cluster>): RouteAction {
  const { action } = spec;
  if (action.kind === 'route') return createForwardAction(spec, action, clusters);
  const target: RouteTarget = {
    cluster: null,
    requestOps: null,
    responseOps: createHeaderOps([spec.responseHeaders]),
    authorities: [],
  };
  if (action.kind === 'redirect') {
    const prefixLength = spec.match.path?.kind === 'prefix' ? spec.match.path.value.length : 0;
    return { kind: 'redirect', spec: action, prefixLength, target };
  }
  const body = action.bodyBase64 === '' ? null : Buffer.from(action.bodyBase64, 'base64');
  return { kind: 'direct', spec: action, body, target };
}

function createForwardAction(
  route: RouteSpec,
  spec: RouteActionSpec,
  clusters: ReadonlyMap<string, Cluster>,
): ForwardAction {
  const isSplit = spec.clusters.length > 1;
  // One destination: its operations run last and win; several: the route's do (ISTIO.md 1.5).
  const inOrder = <T>(ofRoute: T, ofTarget: T) => (isSplit ? [ofTarget, ofRoute] : [ofRoute, ofTarget]);
  const targets = spec.clusters.map(({ name, weight, requestHeaders, responseHeaders, authority }) => {
    const target: RouteTarget = {
      cluster: clusters.get(name) ?? null,
      requestOps: createHeaderOps(inOrder(route.requestHeaders, requestHeaders)),
      responseOps: createHeaderOps(inOrder(route.responseHeaders, responseHeaders)),
      authorities: hostRewrites(spec.rewrite?.authority ?? null, authority, isSplit),
    };
    return [target, weight] as const;
  });
  return {
    kind: 'route',
    spec,
    targets: createWeightedChoice(targets),
    rewritePath: createPathRewrite(spec.rewrite?.path ?? null, route.match.path),
  };
}

/** The route's rewrite wins; of several destinations the own one is done before it, and leaves its trace. */
function hostRewrites(ofRoute: string | null, ofTarget: string | null, isSplit: boolean): string[] {
  if (ofRoute === null) return ofTarget === null ? [] : [ofTarget];
  return isSplit && ofTarget !== null ? [ofTarget, ofRoute] : [ofRoute];
}
