import type { NameEntrySpec } from '../../model/name-entry.ts';
import { reachableAddress } from './reachability.ts';
import { type SidecarScope, visibleServices } from './sidecar-scope.ts';
import type { Service } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/**
 * Names that the agents of a scope, on some networks, know better than Docker does (DESIGN, "Names"). A service that
 * its Sidecar does not import has no listener: its name leads to the containers themselves.
 */
export function compileNames(
  index: WorldIndex,
  scope: SidecarScope,
  networks: readonly string[],
): ReadonlyMap<string, NameEntrySpec> {
  return index.shared.get(`names ${scope.key} ${networks.join(',')}`, () => {
    const { namespace } = scope;
    const names = new Map<string, NameEntrySpec>();
    const imported = new Set(
      scope.egress.flatMap(({ services }) => services.map(({ hostname }) => hostname)),
    );
    for (const service of visibleServices(index, namespace)) {
      const hasListener = imported.has(service.hostname) && !service.headless;
      const addresses = hasListener ? service.vips : memberAddresses(index, service, networks);
      const { name, namespace: own, hostname } = service;
      for (const form of [hostname, `${name}.${own}.svc`, `${name}.${own}`]) {
        names.set(form, { name: form, addresses, mode: 'answer' });
      }
      if (own === namespace)
        names.set(name, { name, addresses, mode: isDockers(service) ? 'pass' : 'answer' });
    }
    return names;
  });
}

/** Docker's name server knows a name only while a container of it runs; without one it would ask the outside. */
const isDockers = ({ isDockerName, members }: Service) => isDockerName && members.length > 0;

function memberAddresses(index: WorldIndex, service: Service, networks: readonly string[]): string[] {
  return service.members.flatMap((id) => {
    const workload = index.workloadsById.get(id);
    const address =
      workload === undefined || workload.health !== 'ready' ? null : reachableAddress(workload, networks);
    return address === null ? [] : [address];
  });
}
