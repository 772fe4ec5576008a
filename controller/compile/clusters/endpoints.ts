import type { EndpointSpec, EndpointsSpec } from '../../../model/endpoint.ts';
import { type Labels, matchesLabels } from '../../../model/labels.ts';
import { reachableAddress } from '../reachability.ts';
import { takesMutualTls } from '../security/mutual-tls-mode.ts';
import type { ExternalEndpoint, Service, ServicePort, Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { type Placing, placeEndpoints } from './locality.ts';

/**
 * The workloads of a service that have the labels, at the addresses that callers on these networks can reach, placed
 * as near or far as `placing` says.
 */
export function compileEndpoints(
  index: WorldIndex,
  name: string,
  service: Service,
  port: ServicePort,
  labels: Labels,
  networks: readonly string[],
  placing: Placing | null,
): EndpointsSpec {
  const reachable: { workload: Workload; address: string }[] = [];
  for (const id of service.members) {
    const workload = index.workloadsById.get(id);
    if (workload === undefined || !matchesLabels(labels, workload.labels)) continue;
    const address = reachableAddress(workload, networks);
    if (address !== null) reachable.push({ workload, address });
  }
  const isOpen = ({ openPorts }: Workload) => openPorts === null || openPorts.includes(port.targetPort);
  // A container that cannot answer yet gets no requests while another can; alone it is tried, as without a mesh.
  const canWait = reachable.some(({ workload }) => workload.health === 'ready' && isOpen(workload));
  const endpoints = reachable.map(({ workload, address }) => {
    const health = canWait && workload.health === 'ready' && !isOpen(workload) ? 'starting' : workload.health;
    const mutualTls = takesMutualTls(index, workload, port.targetPort);
    return {
      endpoint: { ...endpointOf(workload, address, port.targetPort, health), mutualTls },
      labels: workload.labels,
    };
  });
  return { name, ...placeEndpoints([...endpoints, ...externalEndpoints(service, port, labels)], placing) };
}

/** Endpoints that a ServiceEntry lists; nobody says of their health. */
export function externalEndpoints({ external }: Service, port: ServicePort, labels: Labels) {
  return (external?.endpoints ?? [])
    .filter((each) => each.servicePorts.includes(port.number) && matchesLabels(labels, each.labels))
    .map((each) => ({
      labels: each.labels,
      endpoint: {
        ...{ address: each.address, port: externalPort(each, port), weight: each.weight },
        ...{ health: 'healthy' as const, locality: each.locality, priority: 0 },
        ...{ workload: '', mutualTls: false },
      },
    }));
}

/** The endpoint's own port of that name, else the target port (ISTIO.md §4.1, "endpoint port"). */
function externalPort({ ports }: ExternalEndpoint, { name, targetPort }: ServicePort): number {
  return ports[name] || targetPort;
}

const ENDPOINT_HEALTH: Readonly<Record<Workload['health'], EndpointSpec['health']>> = {
  ready: 'healthy',
  failing: 'failing',
  draining: 'draining',
  starting: 'unhealthy',
  unhealthy: 'unhealthy',
};

function endpointOf(
  workload: Workload,
  address: string,
  port: number,
  health: Workload['health'],
): EndpointSpec {
  return {
    address,
    port,
    weight: 1,
    health: ENDPOINT_HEALTH[health],
    locality: workload.locality,
    priority: 0,
    workload: workload.name,
    ...(workload.startedAt === undefined ? {} : { instance: workload.startedAt }),
    mutualTls: false,
  };
}
