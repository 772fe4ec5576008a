import { CACHE_ANNOTATION, parseCacheAnnotation } from '../cache-annotation.ts';
import type { Metadata } from '../metadata.ts';
import type { Finding } from './finding.ts';

/** Values of our own annotations; those of Istio are checked where they act. Paths are from the document's root. */
export function validateAnnotations(kind: string, { annotations }: Metadata): Finding[] {
  const text = annotations[CACHE_ANNOTATION];
  if (kind !== 'VirtualService' || text === undefined || parseCacheAnnotation(text) !== undefined) return [];
  return [
    {
      ...{ code: 'IST0106', severity: 'Error', path: ['metadata', 'annotations', CACHE_ANNOTATION] },
      message: `invalid cache ${JSON.stringify(text)}`,
      remedy: 'Write "true", "false", or the memory for all answers and for one, such as "64Mi,1Mi".',
    },
  ];
}
