import type { World } from '../controller/compile/world.ts';
import { DEFAULT_MESH_CONFIG } from '../istio/mesh-config.ts';
import { parseDocuments } from '../istio/parse-documents.ts';

/** A mesh of `services` services with `copies` workloads each, a sidecar beside every one, subsets and one rule. */
export function createSampleWorld(services: number, copies = 3): World {
  const numbers = Array.from({ length: copies }, (_, index) => index + 1);
  const names = Array.from({ length: services }, (_, index) => `service-${String(index).padStart(3, '0')}`);
  return {
    meshId: 'bench',
    mesh: DEFAULT_MESH_CONFIG,
    workloads: names.flatMap((name, index) =>
      numbers.map((copy) => ({
        id: `${name}-${copy}`,
        name: `${name}-${copy}`,
        workload: name,
        namespace: 'default',
        labels: { app: name, version: `v${copy}` },
        serviceAccount: name,
        addresses: [{ network: 'default', address: `172.${16 + (index >> 8)}.${index & 255}.${copy}` }],
        health: 'ready' as const,
        openPorts: null,
        proxy: 'sidecar' as const,
        locality: '',
      })),
    ),
    services: names.map((name, index) => ({
      hostname: `${name}.default.svc.cluster.local`,
      name,
      namespace: 'default',
      ports: [{ name: 'http', number: 8080, targetPort: 8080, protocol: 'http' as const }],
      vips: [`240.240.${index >> 8}.${index & 255}`],
      headless: false,
      members: numbers.map((copy) => `${name}-${copy}`),
      isDockerName: true,
      exportTo: ['*'],
    })),
    resources: [...names.flatMap(subsets), ...rule('service-000', 'v1')],
  };
}

/** The same World after an edit of one rule, as the sources would build it anew. */
export function withRoutedTo(world: World, version: string): World {
  return {
    ...world,
    resources: [
      ...world.resources.filter(({ kind }) => kind !== 'VirtualService'),
      ...rule('service-000', version),
    ],
  };
}

function subsets(name: string) {
  return parseDocuments(
    `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${name} }
spec:
  host: ${name}
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }`,
    'subsets.yaml',
  ).resources;
}

function rule(name: string, version: string) {
  return parseDocuments(
    `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${name} }
spec:
  hosts: [${name}]
  http:
    - route: [{ destination: { host: ${name}, subset: ${version} } }]`,
    'rule.yaml',
  ).resources;
}
