import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { LABEL } from '../../model/labels.ts';
import { usedHostnames } from '../compile/compile-snapshot.ts';
import { compileGateway } from '../compile/gateway.ts';
import { meshRules } from '../compile/mesh-rules.ts';
import { destinationsOf } from '../compile/sidecar-scope.ts';
import type { Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';

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
