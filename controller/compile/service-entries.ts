import { isWildcard } from '../../istio/host.ts';
import { selectProtocol } from '../../istio/port-protocol.ts';
import type { Resource } from '../../istio/resource.ts';
import type { ServiceEntrySpec, WorkloadEntrySpec } from '../../istio/schema/service-entry.ts';
import { type Labels, matchesLabels } from '../../model/labels.ts';
import type { ExternalEndpoint, Service, ServicePort, Workload } from './world.ts';

/**
 * Services that ServiceEntries register, one for each host (ISTIO.md §4.1).
 * @param taken hostnames that are services already: they win
 */
export function serviceEntries(
  resources: readonly Resource[],
  workloads: readonly Workload[],
  taken: ReadonlySet<string>,
): Service[] {
  const services = new Map<string, Service>();
  for (const resource of resources) {
    if (resource.kind !== 'ServiceEntry') continue;
    const entry = resource as Resource<ServiceEntrySpec>;
    for (const text of entry.spec.hosts ?? []) {
      const hostname = text.toLowerCase();
      if (!taken.has(hostname) && !services.has(hostname))
        services.set(hostname, serviceOf(entry, hostname, resources, workloads));
    }
  }
  return [...services.values()];
}

/** Plain TCP is told apart by addresses alone: such a host without any needs one of the mesh's own. */
export function needsVirtualAddress({ hostname, ports, vips, external }: Service): boolean {
  const canHave = external !== undefined && external.resolution !== 'NONE' && !isWildcard(hostname);
  return (
    canHave && vips.length === 0 && ports.some(({ protocol }) => protocol === 'tcp' || protocol === 'auto')
  );
}

function serviceOf(
  { spec, namespace }: Resource<ServiceEntrySpec>,
  hostname: string,
  resources: readonly Resource[],
  workloads: readonly Workload[],
): Service {
  const selector = spec.workloadSelector?.labels;
  const isSelected = (labels: Labels, of: string) =>
    selector !== undefined && of === namespace && matchesLabels(selector, labels);
  const entries = selector === undefined ? (spec.endpoints ?? []) : selectedEntries(resources, isSelected);
  // A host that has to be looked up at the moment of the call is left to the application's own look-up.
  const resolution = spec.resolution === 'DYNAMIC_DNS' ? 'NONE' : (spec.resolution ?? 'NONE');
  return {
    ...{ hostname, name: hostname, namespace },
    ports: (spec.ports ?? []).map(portOf),
    vips: spec.addresses ?? [],
    headless: false,
    members: workloads
      .filter(({ labels, namespace: of }) => isSelected(labels, of))
      .map(({ id }) => id)
      .sort(),
    isDockerName: false,
    exportTo: spec.exportTo ?? [],
    external: { resolution, endpoints: entries.filter(hasAddress).map(endpointOf) },
  };
}

function selectedEntries(
  resources: readonly Resource[],
  isSelected: (labels: Labels, namespace: string) => boolean,
): WorkloadEntrySpec[] {
  return resources
    .filter(({ kind }) => kind === 'WorkloadEntry')
    .map((resource) => {
      const spec = resource.spec as WorkloadEntrySpec;
      // Labels of the metadata win (ISTIO.md §4.2).
      return { resource, spec: { ...spec, labels: { ...spec.labels, ...resource.labels } } };
    })
    .filter(({ resource, spec }) => isSelected(spec.labels, resource.namespace))
    .map(({ spec }) => spec);
}

/** A Unix socket is none that a proxy in another container could dial. */
const hasAddress = ({ address = '' }: WorkloadEntrySpec) => address !== '' && !address.startsWith('unix://');

type EntryPort = NonNullable<ServiceEntrySpec['ports']>[number];

function portOf({ name = '', number = 0, protocol = '', targetPort }: EntryPort): ServicePort {
  return {
    ...{ name, number, targetPort: targetPort || number },
    protocol: selectProtocol(name, protocol, number),
  };
}

function endpointOf({
  address = '',
  ports = {},
  labels = {},
  weight,
  locality,
}: WorkloadEntrySpec): ExternalEndpoint {
  return { address, ports, labels, weight: weight || 1, locality: locality ?? '' };
}
