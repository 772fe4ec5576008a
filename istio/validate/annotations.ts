import { CACHE_ANNOTATION, parseCacheAnnotation } from '../cache-annotation.ts';
import type { Metadata } from '../metadata.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import type { Finding } from './finding.ts';

const PATH = ['metadata', 'annotations', CACHE_ANNOTATION];

/** Values of our own annotations; those of Istio are checked where they act. Paths are from the document's root. */
export function validateAnnotations(kind: string, { annotations }: Metadata, spec: unknown): Finding[] {
  const text = annotations[CACHE_ANNOTATION];
  if (kind !== 'VirtualService' || text === undefined) return [];
  if (parseCacheAnnotation(text) === undefined) {
    const message = `invalid cache ${JSON.stringify(text)}`;
    const remedy = 'Write "true", "false", or the memory for all answers and for one, such as "64Mi,1Mi".';
    return [{ code: 'IST0106', severity: 'Error', path: PATH, message, remedy }];
  }
  if (((spec as VirtualServiceSpec).hosts ?? []).length > 0) return [];
  const message = 'the cache of a delegate has no effect';
  const remedy = 'Write the annotation on the VirtualService that delegates to it.';
  return [{ code: 'LAT0005', severity: 'Warning', path: PATH, message, remedy }];
}
