import { resolveShortName } from '../host.ts';
import type { MeshView } from './mesh-view.ts';

/** Why the service that a provider of MeshConfig names cannot be asked; null = it can, or that is not known. */
export function serviceFault(
  view: MeshView,
  name: string,
  asked: { readonly service?: string | undefined; readonly port?: number | undefined },
): string | null {
  if (view.workloads === null) return null;
  const [first = '', second] = (asked.service ?? '').split('/');
  const [namespace, host] = second === undefined ? ['default', first] : [first, second];
  const service = view.findService(resolveShortName(host, namespace), namespace);
  if (service === null) return `the provider "${name}" asks ${host}, which is not there`;
  const isThere = service.ports.length === 0 || service.ports.some(({ number }) => number === asked.port);
  return isThere || service.hasUnknownPorts === true
    ? null
    : `the provider "${name}" asks port ${asked.port} of ${host}, which it does not have`;
}
