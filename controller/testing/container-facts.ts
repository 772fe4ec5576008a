import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import type { Resource } from '../../istio/resource.ts';
import { LABEL, type Labels } from '../../model/labels.ts';
import { indexWorld, type WorldIndex } from '../compile/world-index.ts';
import { buildWorld } from '../world/build-world.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

/** What tests need of the project `shop`: its containers, and a mesh of them. */

/** A running container of a service, with an agent, on a network of its own project; its id is its name. */
export function containerFacts(name: string, index: number, labels: Labels = {}): ContainerFacts {
  return {
    id: name,
    name,
    labels: {
      [LABEL.inject]: 'true',
      [LABEL.composeProject]: 'shop',
      [LABEL.composeService]: name,
      ...labels,
    },
    state: 'running',
    health: 'none',
    startedAt: '2020-01-01T00:00:00Z',
    networks: [{ id: 'net', name: 'shop_default', address: `10.0.0.${index}`, addressV6: '' }],
    exposedPorts: [],
    publishedPorts: [],
    startError: '',
    stopSignal: '',
    image: '',
    networkMode: 'shop_default',
    hasTerminal: false,
    user: '',
    isDraining: false,
  };
}

/** Container → its labels. */
export function indexOf(
  containers: Readonly<Record<string, Labels>>,
  resources: readonly Resource[] = [],
): WorldIndex {
  const { world } = buildWorld({
    membership: { meshId: 'shop', project: 'shop' },
    mesh: DEFAULT_MESH_CONFIG,
    containers: Object.entries(containers).map(([name, labels], at) => containerFacts(name, at + 1, labels)),
    openPorts: () => null,
    resources,
  });
  return indexWorld(world);
}
