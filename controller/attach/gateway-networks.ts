import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { LABEL } from '../../model/labels.ts';
import { usedHostnames } from '../compile/compile-snapshot.ts';
import { compileGateway } from '../compile/gateway/gateway.ts';
import { destinationsOf } from '../compile/listeners/sidecar-scope.ts';
import { meshRules } from '../compile/routes/mesh-rules.ts';
import type { Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';
import { type DockerWriter, isForbidden } from '../docker/docker-writer.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

/**
 * Networks that a gateway must join so that it reaches every service that its routes name, and so that it is reached
 * by the sidecars whose rules lead to it, as those of an egress gateway do.
 */
export function neededNetworks(index: WorldIndex, gateway: Workload): string[] {
  const known = new Set(gateway.addresses.map(({ network }) => network));
  const needed: string[] = [];
  for (const { addresses } of [...backends(index, gateway), ...callers(index, gateway)]) {
    const [first] = addresses;
    if (first === undefined || addresses.some(({ network }) => known.has(network))) continue;
    known.add(first.network);
    needed.push(first.network);
  }
  return needed;
}

function backends(index: WorldIndex, gateway: Workload): Workload[] {
  return [...usedHostnames(compileGateway(index, gateway))]
    .flatMap((hostname) => index.servicesByHost.get(hostname)?.members ?? [])
    .flatMap((id) => index.workloadsById.get(id) ?? []);
}

/** Every sidecar that sees a rule of the mesh with this gateway as its destination. */
function callers(index: WorldIndex, gateway: Workload): Workload[] {
  const names = new Set(
    index.world.services
      .filter(({ members }) => members.includes(gateway.id))
      .map(({ hostname }) => hostname),
  );
  const namespaces = new Map<string, boolean>();
  const isCaller = ({ proxy, namespace }: Workload) => {
    if (proxy !== 'sidecar') return false;
    const seen =
      namespaces.get(namespace) ??
      meshRules(index, namespace).some((rule) => destinationsOf(index, rule).some((host) => names.has(host)));
    namespaces.set(namespace, seen);
    return seen;
  };
  return index.world.workloads.filter(isCaller);
}

/** Connects gateways to the networks that their routes need. */
export class GatewayNetworks {
  readonly #docker: DockerWriter;
  readonly #log: Logger;
  readonly #joined = new Set<string>();

  constructor(docker: DockerWriter, log: Logger) {
    this.#docker = docker;
    this.#log = log;
  }

  reconcile(index: WorldIndex, containers: ReadonlyMap<string, ContainerFacts>): void {
    for (const gateway of index.world.workloads.filter(({ proxy }) => proxy === 'gateway')) {
      const allowed = gateway.labels[LABEL.networks]?.split(',').map((name) => name.trim());
      for (const network of neededNetworks(index, gateway))
        if (allowed === undefined || allowed.includes(nameOf(network, containers)))
          void this.#join(gateway, network);
    }
  }

  async #join(gateway: Workload, network: string): Promise<void> {
    const key = `${gateway.id} ${network}`;
    if (this.#joined.has(key)) return;
    this.#joined.add(key);
    try {
      await this.#docker.connectNetwork(network, gateway.id);
      this.#log.info('gateway joined a network', { gateway: gateway.name, network });
    } catch (error) {
      this.#joined.delete(key);
      if (isForbidden(error)) return;
      this.#log.warn('a gateway could not join a network', {
        gateway: gateway.name,
        network,
        error: errorMessage(error),
      });
    }
  }
}

/** Whoever is on a network tells its name: no call for it is needed. */
function nameOf(network: string, containers: ReadonlyMap<string, ContainerFacts>): string {
  for (const { networks } of containers.values()) {
    const found = networks.find(({ id }) => id === network);
    if (found !== undefined) return found.name;
  }
  return '';
}
