import type { NameEntrySpec } from '../../model/name-entry.ts';
import { outboundClusterName } from '../../model/names.ts';
import { VIRTUAL_CIDR } from '../../model/ports.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';

/** Of tables, what is needed to know who is behind a virtual address. */
export interface NamedClusters {
  readonly names: ReadonlyMap<string, NameEntrySpec>;
  readonly clusters: ReadonlyMap<string, Pick<Cluster, 'pick' | 'spec'>>;
}

/** `240.240.`: a range of 16 bits. */
const PREFIX = VIRTUAL_CIDR.slice(0, VIRTUAL_CIDR.indexOf('.', VIRTUAL_CIDR.indexOf('.') + 1) + 1);

/**
 * Whom a connection reaches that was going to a virtual address and is passed through: no packet would find anybody
 * there, so one of the service's hosts is taken, as kube-proxy does behind a ClusterIP. A host outside has more ports
 * than its ServiceEntry may name. null = no such address, or nobody serves that port.
 */
export function createBehind(
  tables: () => NamedClusters | null,
): (address: string, port: number) => Pick<Host, 'address' | 'port'> | null {
  let indexed: NamedClusters | null = null;
  let namesByAddress: ReadonlyMap<string, readonly string[]> = new Map();
  let outside: ReturnType<typeof clustersOutside> = new Map();
  return (address, port) => {
    const now = address.startsWith(PREFIX) ? tables() : null;
    if (now === null) return null;
    if (now !== indexed) {
      namesByAddress = byVirtualAddress(now.names);
      outside = clustersOutside(now.clusters);
      indexed = now;
    }
    for (const name of namesByAddress.get(address) ?? []) {
      const host = now.clusters.get(outboundClusterName(port, '', name))?.pick(null) ?? null;
      if (host !== null) return host;
      const other = outside.get(name)?.pick(null) ?? null;
      if (other !== null) return { address: other.address, port };
    }
    return null;
  };
}

/** One cluster for each host outside, whichever of its ports. */
function clustersOutside(clusters: NamedClusters['clusters']): Map<string, Pick<Cluster, 'pick'>> {
  const found = new Map<string, Pick<Cluster, 'pick'>>();
  for (const cluster of clusters.values()) {
    const { service } = cluster.spec;
    if (service?.isExternal === true && !found.has(service.hostname)) found.set(service.hostname, cluster);
  }
  return found;
}

/** A service's every form of name is there; the clusters are called by one of them. */
function byVirtualAddress(names: ReadonlyMap<string, NameEntrySpec>): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { name, addresses } of names.values()) {
    for (const address of addresses) {
      if (!address.startsWith(PREFIX)) continue;
      const known = found.get(address);
      if (known === undefined) found.set(address, [name]);
      else known.push(name);
    }
  }
  return found;
}
