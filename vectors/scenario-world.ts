import { serviceEntries } from '../controller/compile/service-entries.ts';
import type { Service, Workload, World } from '../controller/compile/world.ts';
import { DEFAULT_MESH_CONFIG, type MeshConfig } from '../istio/mesh-config.ts';
import { compareAge } from '../istio/order.ts';
import { parseDocuments } from '../istio/parse-documents.ts';
import { selectProtocol } from '../istio/port-protocol.ts';
import { readMeshConfig } from '../istio/read-mesh-config.ts';
import type { Resource } from '../istio/resource.ts';
import type { MeshConfigDocument } from '../istio/schema/mesh-config.ts';
import { matchesLabels } from '../model/labels.ts';
import { DEFAULT_NAMESPACE, serviceHostname } from '../model/names.ts';
import type { Scenario, ScenarioCertificate, ScenarioService, ScenarioWorkload } from './scenario.ts';

/** Every workload is on it: reachability by Docker networks is not what was recorded. */
const NETWORK = 'pods';

/** What a scenario's cluster would be to Lateen's compiler. */
export function createWorld(scenario: Scenario): World {
  const workloads = scenario.workloads.map(createWorkload);
  const documents = [scenario.config, ...(scenario.certificates ?? []).map(writeCertificate)];
  const resources = parseConfig(documents.join('\n---\n'), `${scenario.name}.yaml`).toSorted(compareAge);
  const services = scenario.services.map((service, index) => createService(service, index, workloads));
  const taken = new Set(services.map(({ hostname }) => hostname));
  return {
    meshId: 'vectors',
    mesh: parseMeshConfig(scenario),
    workloads: workloads.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    services: [...services, ...serviceEntries(resources, workloads, taken)].sort((a, b) =>
      a.hostname < b.hostname ? -1 : 1,
    ),
    resources,
  };
}

/** What is in it does not matter in memory: nobody shakes hands. */
function writeCertificate({ name, namespace }: ScenarioCertificate): string {
  const metadata = { name, namespace };
  const stringData = { 'tls.crt': 'certificate', 'tls.key': 'key' };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata,
    type: 'kubernetes.io/tls',
    stringData,
  });
}

function parseConfig(text: string, file: string): readonly Resource[] {
  const { resources, violations } = parseDocuments(text, file);
  const errors = violations.filter(({ severity }) => severity === 'Error');
  if (errors.length > 0)
    throw new Error(`refused: ${errors.map(({ path, message }) => `${path}: ${message}`).join('; ')}`);
  return resources;
}

function parseMeshConfig({ meshConfig, name }: Scenario): MeshConfig {
  if (meshConfig === undefined) return DEFAULT_MESH_CONFIG;
  const text = `apiVersion: mesh.istio.io/v1alpha1\nkind: MeshConfig\n${meshConfig}`;
  const [resource] = parseConfig(text, `${name} meshConfig`);
  return readMeshConfig(resource?.spec as MeshConfigDocument);
}

function createWorkload(workload: ScenarioWorkload, index: number): Workload {
  const { name, namespace = DEFAULT_NAMESPACE, serviceAccount = name, labels = {}, proxy = null } = workload;
  return {
    ...{ id: name, name, workload: name, namespace, labels, serviceAccount, proxy },
    addresses: [{ network: NETWORK, address: workload.ip ?? `10.1.0.${index + 1}` }],
    health: 'ready',
    openPorts: null,
    locality: '',
  };
}

function createService(service: ScenarioService, index: number, workloads: readonly Workload[]): Service {
  const { name, namespace = DEFAULT_NAMESPACE, selector } = service;
  return {
    hostname: serviceHostname(name, namespace),
    name,
    namespace,
    ports: service.ports.map(({ name: portName, port, targetPort = port }) => ({
      name: portName,
      number: port,
      targetPort,
      protocol: selectProtocol(portName, '', port),
    })),
    vips: [`10.96.0.${index + 1}`],
    headless: false,
    members: workloads
      .filter((workload) => workload.namespace === namespace && matchesLabels(selector, workload.labels))
      .map(({ id }) => id)
      .sort(),
    isDockerName: false,
    exportTo: ['*'],
  };
}
