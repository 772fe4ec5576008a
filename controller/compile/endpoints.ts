import type { EndpointSpec, EndpointsSpec } from '../../model/endpoint.ts';
import { type Labels, matchesLabels } from '../../model/labels.ts';
import { reachableAddress } from './reachability.ts';
import type { Service, ServicePort, Workload } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** The workloads of a service that have the labels, at the addresses that callers on these networks can reach. */
export function compileEndpoints(
  index: WorldIndex,
  name: string,
  service: Service,
  port: ServicePort,
  labels: Labels,
  networks: readonly string[],
): EndpointsSpec {
  const endpoints: EndpointSpec[] = [];
  for (const id of service.members) {
    const workload = index.workloadsById.get(id);
    if (workload === undefined || !matchesLabels(labels, workload.labels)) continue;
    const address = reachableAddress(workload, networks);
    if (address !== null) endpoints.push(endpointOf(workload, address, port.targetPort));
  }
  return { name, endpoints };
}

function endpointOf(workload: Workload, address: string, port: number): EndpointSpec {
  return {
    address,
    port,
    weight: 1,
    health:
      workload.health === 'ready' ? 'healthy' : workload.health === 'draining' ? 'draining' : 'unhealthy',
    locality: workload.locality,
    priority: 0,
    workload: workload.name,
    mutualTls: false,
  };
}
