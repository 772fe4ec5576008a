import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { LABEL } from '../../model/labels.ts';
import { usedHostnames } from '../compile/compile-snapshot.ts';
import { compileGateway } from '../compile/gateway.ts';
import type { Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';

/** Networks that a gateway must join so that it reaches every service that its routes name. */
export function neededNetworks(index: WorldIndex, gateway: Workload): string[] {
  const own = new Set(gateway.addresses.map(({ network }) => network));
  const needed = new Set<string>();
  for (const hostname of usedHostnames(compileGateway(index, gateway))) {
    for (const id of index.servicesByHost.get(hostname)?.members ?? []) {
      const addresses = index.workloadsById.get(id)?.addresses ?? [];
      const [first] = addresses;
      if (first === undefined || addresses.some(({ network }) => own.has(network) || needed.has(network)))
        continue;
      needed.add(first.network);
    }
  }
  return [...needed];
}

/** Connects gateways to the networks that their routes need, and takes back what it connected when none needs it. */
export class GatewayNetworks {
  readonly #docker: Docker;
  readonly #log: Logger;
  readonly #joined = new Set<string>();

  constructor(docker: Docker, log: Logger) {
    this.#docker = docker;
    this.#log = log;
  }

  reconcile(index: WorldIndex): void {
    for (const gateway of index.world.workloads.filter(({ proxy }) => proxy === 'gateway')) {
      const allowed = gateway.labels[LABEL.networks]?.split(',').map((name) => name.trim());
      for (const network of neededNetworks(index, gateway)) void this.#join(gateway, network, allowed);
    }
  }

  async #join(gateway: Workload, network: string, allowed: readonly string[] | undefined): Promise<void> {
    const key = `${gateway.id} ${network}`;
    if (this.#joined.has(key)) return;
    this.#joined.add(key);
    try {
      const handle = this.#docker.getNetwork(network);
      if (allowed !== undefined) {
        const { Name: name } = (await handle.inspect()) as { Name: string };
        if (!allowed.includes(name)) return;
      }
      await handle.connect({ Container: gateway.id });
      this.#log.info('gateway joined a network', { gateway: gateway.name, network });
    } catch (error) {
      this.#joined.delete(key);
      this.#log.warn('a gateway could not join a network', {
        gateway: gateway.name,
        network,
        error: errorMessage(error),
      });
    }
  }
}
