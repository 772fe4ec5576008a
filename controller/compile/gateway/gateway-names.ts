import { MESH_GATEWAY } from '../../../model/names.ts';

/**
 * `namespace/name` of a gateway as a VirtualService names it: `gw` is of its own namespace, `gw.other` and
 * `gw.other.svc.cluster.local` are the old form of `other/gw`. `mesh` and `other/gw` stay.
 */
export function resolveGateway(gateway: string, namespace: string): string {
  if (gateway === MESH_GATEWAY || gateway.includes('/')) return gateway;
  const [name = '', other = namespace] = gateway.split('.');
  return `${other}/${name}`;
}
