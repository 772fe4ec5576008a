import { DEFAULT_MESH_CONFIG, type MeshConfig } from '../../istio/mesh-config.ts';
import { resourcesOf } from '../../istio/testing/read-text.ts';
import { serviceHostname } from '../../model/names.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { compileSnapshot } from './compile-snapshot.ts';
import type { Service, Workload, World } from './world.ts';
import { indexWorld } from './world-index.ts';

/** Small meshes for tests: every workload on one network, services by name. */

export function workload(name: string, more: Partial<Workload> = {}): Workload {
  return {
    ...{ id: name, name, workload: name, namespace: 'default', labels: { app: name }, serviceAccount: name },
    ...{ health: 'ready', openPorts: null, proxy: 'sidecar', locality: '' },
    addresses: [{ network: 'net', address: `10.0.0.${name.charCodeAt(0)}` }],
    ...more,
  };
}

/** `shop:http:80`, `db.data:tcp:3306`: name, namespace, then protocol and number of its port. */
export function service(text: string, more: Partial<Service> = {}): Service {
  const [full = '', protocol = 'http', number = '80'] = text.split(':');
  const [name = '', namespace = 'default'] = full.split('.');
  const port = { name: protocol, number: Number(number), targetPort: Number(number) };
  return {
    ...{ hostname: serviceHostname(name, namespace), name, namespace, members: [name] },
    ports: [{ ...port, protocol: protocol as Service['ports'][number]['protocol'] }],
    ...{ vips: [`240.240.0.${name.charCodeAt(0)}`], headless: false, isDockerName: false, exportTo: [] },
    ...more,
  };
}

export function createWorld(
  services: readonly Service[],
  workloads: readonly Workload[],
  config = '',
  mesh: Partial<MeshConfig> = {},
): World {
  return {
    meshId: 'test',
    mesh: { ...DEFAULT_MESH_CONFIG, ...mesh },
    ...{ services, workloads, resources: config === '' ? [] : resourcesOf(config) },
  };
}

/** What the proxy of a workload gets. */
export function snapshotOf(world: World, name: string): Snapshot['resources'] {
  const proxy = world.workloads.find((each) => each.name === name);
  if (proxy === undefined) throw new Error(`no workload ${name}`);
  return compileSnapshot(indexWorld(world), proxy).resources;
}
