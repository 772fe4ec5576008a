import { LABEL } from '../../model/labels.ts';
import type { Workload } from '../compile/world.ts';
import type { ProxyStatus } from '../push/proxy-connection.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

/** Proxies by the workload that each is beside; a gateway is its own. */
export function proxiesByWorkload(
  statuses: readonly ProxyStatus[],
  containers: ReadonlyMap<string, ContainerFacts>,
): ReadonlyMap<string, ProxyStatus> {
  return new Map(
    statuses.map((status) => [
      containers.get(status.container)?.labels[LABEL.agentFor] ?? status.container,
      status,
    ]),
  );
}

/** Whether the proxy of a workload that should have one holds what is in force. */
export function isSynced({ id, proxy }: Workload, proxies: ReadonlyMap<string, ProxyStatus>): boolean {
  return proxy === null || proxies.get(id)?.state === 'SYNCED';
}
