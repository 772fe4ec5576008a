import { CACHE_ANNOTATION, parseCacheAnnotation } from '../../../istio/cache-annotation.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { HttpMatch, VirtualServiceSpec } from '../../../istio/schema/virtual-service.ts';
import { MESH_GATEWAY } from '../../../model/names.ts';
import type { CacheSpec } from '../../../model/route.ts';
import type { KeptAnswers, Service } from '../world.ts';
import type { HttpRule } from './delegates.ts';

/** The annotation of a document; undefined = it has none, null = its answers are not to be kept. */
export function keptAnswers({
  annotations,
  kind,
  namespace,
  name,
}: Resource): KeptAnswers | null | undefined {
  const text = annotations[CACHE_ANNOTATION];
  if (text === undefined) return undefined;
  const limits = parseCacheAnnotation(text);
  return limits == null ? null : { store: `${kind}/${namespace}/${name}`, ...limits };
}

/**
 * The cache of one route: its VirtualService's, else that of the ServiceEntry whose host it leads to. Where a
 * VirtualService names Gateways they alone keep answers, for all callers together; else each caller's sidecar does.
 * @param gateway for whom it is compiled: `mesh`, or a Gateway
 * @param services what the route leads to
 */
export function compileCache(
  resource: Resource<VirtualServiceSpec>,
  { rule, source, index }: HttpRule,
  match: HttpMatch | null,
  gateway: string,
  services: readonly (Service | undefined)[],
): CacheSpec | null {
  const own = keptAnswers(resource);
  const isAtGateways = (resource.spec.gateways ?? []).some((each) => each !== MESH_GATEWAY);
  if (own != null && isAtGateways && gateway === MESH_GATEWAY) return null;
  const kept = own === undefined ? keptAnswersOf(services) : own;
  if (kept === null) return null;
  const place = match === null ? '' : `.${rule.match?.indexOf(match) ?? 0}`;
  return { ...kept, rule: `${source.namespace}/${source.name}/${index}${place}` };
}

/** Of a host that no VirtualService has. */
export function defaultCache(service: Service): CacheSpec | null {
  const kept = keptAnswersOf([service]);
  return kept === null ? null : { ...kept, rule: 'default' };
}

/** A sidecar that sends a host's requests to a gateway does not lead to it: the gateway does. */
function keptAnswersOf(services: readonly (Service | undefined)[]): KeptAnswers | null {
  return services.find((service) => service?.external?.cache != null)?.external?.cache ?? null;
}
