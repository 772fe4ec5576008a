import type { EndpointView, ServiceView } from '../../model/console.ts';
import { LABEL } from '../../model/labels.ts';
import { externalEndpoints } from '../compile/clusters/endpoints.ts';
import { mutualTlsModes } from '../compile/security/mutual-tls-mode.ts';
import type { Service, ServicePort, Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';
import { rulesOf } from './rule-refs.ts';

/** Names of workloads whose proxies have ejected the host at this address and port. */
export type EjectedBy = (address: string, port: number) => readonly string[];

export function serviceViews(index: WorldIndex, ejectedBy: EjectedBy): ServiceView[] {
  return index.world.services.map((service) => viewOf(index, service, ejectedBy));
}

function viewOf(index: WorldIndex, service: Service, ejectedBy: EjectedBy): ServiceView {
  const members = service.members.flatMap((id) => index.workloadsById.get(id) ?? []);
  const { name, namespace, hostname } = service;
  return {
    ...{ name, namespace, hostname },
    kind: kindOf(service, members),
    ports: service.ports.map((port) => ({ number: port.number, name: port.name, protocol: port.protocol })),
    endpoints: service.ports.flatMap((port) => [
      ...members.map((workload) => endpointView(workload, port, ejectedBy)),
      ...externalEndpoints(service, port, {}).map(({ labels, endpoint }) => ({
        ...{ address: endpoint.address, port: endpoint.port, workload: '', health: 'ready' as const },
        version: labels[LABEL.version] ?? '',
        locality: endpoint.locality,
        ejectedBy: ejectedBy(endpoint.address, endpoint.port),
      })),
    ]),
    rules: rulesOf(index, service),
    mtls: mutualTlsOf(index, members),
  };
}

function kindOf(service: Service, members: readonly Workload[]): ServiceView['kind'] {
  if (service.external?.location === 'MESH_EXTERNAL') return 'external';
  return members.length > 0 && members.every(({ proxy }) => proxy === 'gateway') ? 'gateway' : 'service';
}

function endpointView(workload: Workload, port: ServicePort, ejectedBy: EjectedBy): EndpointView {
  const addresses = workload.addresses.map(({ address }) => address);
  const isOpen = workload.openPorts === null || workload.openPorts.includes(port.targetPort);
  return {
    address: addresses[0] ?? '',
    port: port.targetPort,
    workload: workload.name,
    version: workload.labels[LABEL.version] ?? '',
    health: workload.health === 'ready' && !isOpen ? 'starting' : workload.health,
    locality: workload.locality,
    // Callers reach it at different addresses, by the network that they share with it.
    ejectedBy: [...new Set(addresses.flatMap((address) => ejectedBy(address, port.targetPort)))],
  };
}

/** The least strict of its containers with a sidecar: that is what its callers can count on. */
function mutualTlsOf(index: WorldIndex, members: readonly Workload[]): ServiceView['mtls'] {
  const modes = members
    .filter(({ proxy }) => proxy === 'sidecar')
    .map((workload) => mutualTlsModes(index, workload).mode);
  if (modes.length === 0) return 'UNSET';
  return modes.find((mode) => mode === 'DISABLE') ?? modes.find((mode) => mode === 'PERMISSIVE') ?? 'STRICT';
}
