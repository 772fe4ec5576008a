import { isWildcard } from '../../istio/host.ts';
import { selectProtocol } from '../../istio/port-protocol.ts';
import type { Resource } from '../../istio/resource.ts';
import type { ServiceEntrySpec, WorkloadEntrySpec } from '../../istio/schema/service-entry.ts';
import { type Labels, matchesLabels } from '../../model/labels.ts';
import { keptAnswers } from './routes/cache.ts';
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
    for (const text of new Set(entry.spec.hosts ?? [])) {
      const hostname = text.toLowerCase();
      if (taken.has(hostname)) continue;
      const key = `${entry.namespace} ${hostname}`;
      const first = services.get(key);
      const service = serviceOf(entry, hostname, resources, workloads);
      services.set(key, first === undefined ? service : merged(first, service));
    }
  }
  return withRivals([...services.values()]);
}

/** Of several namespaces' entries for one host the oldest stands for it. */
function withRivals(services: readonly Service[]): Service[] {
  const byHost = new Map<string, Service>();
  for (const service of services) {
    const first = byHost.get(service.hostname);
    byHost.set(
      service.hostname,
      first === undefined ? service : { ...first, rivals: [...(first.rivals ?? []), service] },
    );
  }
  return [...byHost.values()];
}

/** An application asks for a name, and its proxy has to know what it meant, whatever is spoken (ISTIO.md §4.1, "VIP"). */
export function needsVirtualAddress({ hostname, external }: Service): boolean {
  if (external?.address !== 'automatic' || external.resolution === 'NONE') return false;
  return !isWildcard(hostname) || external.resolution === 'DYNAMIC_DNS';
}

/** Of several entries of a namespace for one host the first counts, with the ports of the others that it lacks (Istio's canMergeServices). */
function merged(first: Service, later: Service): Service {
  const { external } = first;
  if (external === undefined || later.external === undefined) return first;
  if (external.resolution !== later.external.resolution) return first;
  const known = new Set(first.ports.map(({ number }) => number));
  return {
    ...first,
    ports: [...first.ports, ...later.ports.filter(({ number }) => !known.has(number))],
    members: [...new Set([...first.members, ...later.members])].sort(),
    external: {
      ...external,
      endpoints: [...external.endpoints, ...later.external.endpoints],
      cache: external.cache ?? later.external.cache ?? null,
    },
  };
}

function serviceOf(
  entry: Resource<ServiceEntrySpec>,
  hostname: string,
  resources: readonly Resource[],
  workloads: readonly Workload[],
): Service {
  const { spec, namespace, labels } = entry;
  const selector = spec.workloadSelector?.labels;
  const isSelected = (labels: Labels, of: string) =>
    selector !== undefined && of === namespace && matchesLabels(selector, labels);
  const entries = selector === undefined ? (spec.endpoints ?? []) : selectedEntries(resources, isSelected);
  const hasOwn = (spec.addresses ?? []).length > 0;
  return {
    ...{ hostname, name: hostname, namespace },
    ports: (spec.ports ?? []).map(portOf),
    vips: spec.addresses ?? [],
    headless: false,
    members: workloads
      .filter((workload) => isSelected(workload.labels, workload.namespace))
      .map(({ id }) => id)
      .sort(),
    isDockerName: false,
    exportTo: spec.exportTo ?? [],
    external: {
      resolution: spec.resolution ?? 'NONE',
      location: spec.location ?? 'MESH_EXTERNAL',
      endpoints: entries.filter(hasAddress).map((each) => endpointOf(each, spec.ports ?? [])),
      subjectAltNames: spec.subjectAltNames ?? [],
      cache: keptAnswers(entry) ?? null,
      address: hasOwn ? 'own' : labels[AUTO_ADDRESS] === 'false' ? 'none' : 'automatic',
    },
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

/** A label of the entry: `"false"` leaves its hosts without an address of the mesh. */
const AUTO_ADDRESS = 'networking.istio.io/enable-autoallocate-ip';

/** A Unix socket is none that a proxy in another container could dial. */
const hasAddress = ({ address = '' }: WorkloadEntrySpec) => address !== '' && !address.startsWith('unix://');

type EntryPort = NonNullable<ServiceEntrySpec['ports']>[number];

function portOf({ name = '', number = 0, protocol = '', targetPort }: EntryPort): ServicePort {
  return {
    ...{ name, number, targetPort: targetPort || number },
    protocol: selectProtocol(name, protocol, number),
  };
}

function endpointOf(
  { address = '', ports = {}, labels = {}, weight, locality }: WorkloadEntrySpec,
  served: readonly EntryPort[],
): ExternalEndpoint {
  return {
    ...{ address, ports, labels, weight: weight || 1, locality: locality ?? '' },
    servicePorts: served.map(({ number = 0 }) => number),
  };
}
