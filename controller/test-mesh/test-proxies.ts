import { LABEL } from '../../model/labels.ts';
import type { Workload, World } from '../compile/world.ts';
import { proxiesByWorkload } from '../console/proxies.ts';
import type { ProxyStatus } from '../push/proxy-connection.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

/** A proxy that there should be, and where it stands. */
export interface TestProxy {
  readonly name: string;
  readonly workload: Workload;
  /** Of the workload's container, as Docker writes it. */
  readonly startedAt: string;
  readonly state: string;
  readonly lastError: string;
}

type Containers = ReadonlyMap<string, ContainerFacts>;

/** Every proxy that there should be. An agent that a restart left behind is none, though it may still be connected. */
export function testProxies(
  world: World | null,
  statuses: readonly ProxyStatus[],
  containers: Containers,
): readonly TestProxy[] {
  const current = statuses.filter(({ container }) => !isLeftBehind(container, containers));
  const byWorkload = proxiesByWorkload(current, containers);
  const workloads = world?.workloads.filter(({ proxy }) => proxy !== null) ?? [];
  return workloads.map((workload) => {
    const { state = 'NOT CONNECTED', lastError = '' } = byWorkload.get(workload.id) ?? {};
    const startedAt = containers.get(workload.id)?.startedAt ?? '';
    return { name: `${workload.name}.${workload.namespace}`, workload, startedAt, state, lastError };
  });
}

function isLeftBehind(agent: string, containers: Containers): boolean {
  const labels = containers.get(agent)?.labels ?? {};
  const app = labels[LABEL.agentFor];
  return app !== undefined && labels[LABEL.appStarted] !== containers.get(app)?.startedAt;
}
