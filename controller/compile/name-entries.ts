import type { NameEntrySpec } from '../../model/name-entry.ts';
import { type SidecarScope, visibleServices } from './listeners/sidecar-scope.ts';
import { reachableAddress } from './reachability.ts';
import { faceOf, formsOf } from './service-names.ts';
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
  const view = `${scope.key} ${networks.join(',')}`;
  return index.shared.get(`names ${view}`, () => {
    const hostnames = scope.egress.flatMap(({ services }) => services.map(({ hostname }) => hostname));
    const imported = new Set(hostnames);
    const services = visibleServices(index, scope.namespace).filter(hasName);
    // Whether a service is imported the documents say, and the service itself.
    const entries = index.shared.keepEach(`names ${view}`, [index.config], services, (service) => {
      const hasListener = imported.has(service.hostname) && !service.headless;
      const addresses = hasListener
        ? service.vips.filter((address) => !address.includes('/'))
        : memberAddresses(index, service, networks);
      const inputs = [faceOf(index, service), isDockers(service), addresses.join()];
      return index.shared.keep(`names of ${service.hostname} ${view}`, inputs, () =>
        entriesOf(service, scope.namespace, addresses),
      );
    });
    return index.shared.keep(`names ${view}`, entries, () => {
      return new Map(entries.flat().map((entry) => [entry.name, entry]));
    });
  });
}

function entriesOf(service: Service, namespace: string, addresses: readonly string[]): NameEntrySpec[] {
  const names = [service, ...(service.aliases ?? [])].flatMap((each) => formsOf(each, namespace));
  return names.map((name) => ({
    ...{ name, addresses },
    mode: name === service.name && isDockers(service) ? 'pass' : 'answer',
  }));
}

/** A host outside is left to the names outside, unless it has an address of the mesh; then a wildcard has it too. */
const hasName = ({ external, vips }: Service) =>
  external === undefined || vips.some((address) => !address.includes('/'));

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
