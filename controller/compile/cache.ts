import { CACHE_ANNOTATION, parseCacheAnnotation } from '../../istio/cache-annotation.ts';
import type { Resource } from '../../istio/resource.ts';
import type { HttpMatch, VirtualServiceSpec } from '../../istio/schema/virtual-service.ts';
import { MESH_GATEWAY } from '../../model/names.ts';
import type { CacheSpec } from '../../model/route.ts';
import type { HttpRule } from './delegates.ts';

/**
 * The cache of a VirtualService that has the annotation. Where it names Gateways they alone keep answers, for all
 * callers together; else each caller's sidecar does.
 * @param gateway for whom it is compiled: `mesh`, or a Gateway
 */
export function compileCache(
  { annotations, spec, kind, namespace, name }: Resource<VirtualServiceSpec>,
  { rule, source, index }: HttpRule,
  match: HttpMatch | null,
  gateway: string,
): CacheSpec | null {
  const text = annotations[CACHE_ANNOTATION];
  const limits = text === undefined ? null : parseCacheAnnotation(text);
  if (limits === null || limits === undefined) return null;
  const isAtGateways = (spec.gateways ?? []).some((each) => each !== MESH_GATEWAY);
  if (isAtGateways && gateway === MESH_GATEWAY) return null;
  const place = match === null ? '' : `.${rule.match?.indexOf(match) ?? 0}`;
  return {
    store: `${kind}/${namespace}/${name}`,
    rule: `${source.namespace}/${source.name}/${index}${place}`,
    ...limits,
  };
}
