import { CACHE_ANNOTATION, parseCacheAnnotation } from '../cache-annotation.ts';
import type { Metadata } from '../metadata.ts';
import { isPlainHttp, selectProtocol } from '../port-protocol.ts';
import type { ServiceEntrySpec } from '../schema/service-entry.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import type { Finding } from './finding.ts';

const KINDS: readonly string[] = ['VirtualService', 'ServiceEntry'];
const PATH = ['metadata', 'annotations', CACHE_ANNOTATION];

/** Values of our own annotations; those of Istio are checked where they act. Paths are from the document's root. */
export function validateAnnotations(kind: string, { annotations }: Metadata, spec: unknown): Finding[] {
  const text = annotations[CACHE_ANNOTATION];
  if (!KINDS.includes(kind) || text === undefined) return [];
  if (parseCacheAnnotation(text) === undefined) {
    const message = `invalid cache ${JSON.stringify(text)}`;
    const remedy =
      'Write "true", "false", "disk", or the room for all answers and for one, such as "64Mi,1Mi" or "disk:1Gi,4Mi".';
    return [{ code: 'IST0106', severity: 'Error', path: PATH, message, remedy }];
  }
  if (kind === 'ServiceEntry') return checkPorts(spec as ServiceEntrySpec);
  if (((spec as VirtualServiceSpec).hosts ?? []).length > 0) return [];
  const message = 'the cache of a delegate has no effect';
  const remedy = 'Write the annotation on the VirtualService that delegates to it.';
  return [{ code: 'LAT0005', severity: 'Warning', path: PATH, message, remedy }];
}

/** What TLS hides cannot be kept. */
function checkPorts({ ports = [] }: ServiceEntrySpec): Finding[] {
  const isHttp = ({ name = '', protocol = '', number = 0 }: (typeof ports)[number]) => {
    const selected = selectProtocol(name, protocol, number);
    return isPlainHttp(selected) || selected === 'auto';
  };
  if (ports.some(isHttp)) return [];
  const message = 'the cache of a host without HTTP has no effect';
  const remedy =
    'Give it an HTTP port; if the host speaks HTTPS alone, let the proxy speak TLS: lateen egress HOST --originate-tls.';
  return [{ code: 'LAT0005', severity: 'Warning', path: PATH, message, remedy }];
}
