import { mutualTlsModes } from '../../controller/compile/security/mutual-tls-mode.ts';
import type { Service, Workload, World } from '../../controller/compile/world.ts';
import { indexWorld } from '../../controller/compile/world-index.ts';
import type { Violation } from '../../istio/violation.ts';
import type { Ask } from '../ask/ask.ts';
import type { ProxyRow, SyncPage } from '../proxy/proxy-status.ts';

/** All that `lateen status` tells of a mesh. */
export interface MeshStatus {
  readonly mesh: string;
  readonly version: string;
  readonly isDockerConnected: boolean;
  /** Every proxy has what is in force. */
  readonly isSettled: boolean;
  readonly services: readonly ServiceStatus[];
  readonly errors: number;
  readonly warnings: number;
  /** What the controller said last of what is wrong; '' = nothing. */
  readonly lastError: string;
}

/** The containers of one compose service. */
export interface ServiceStatus {
  readonly service: string;
  readonly namespace: string;
  readonly app: string;
  readonly version: string;
  readonly kind: 'sidecar' | 'gateway' | 'none';
  readonly containers: number;
  readonly ready: number;
  /** Proxies that are connected, and of those in sync. */
  readonly agents: number;
  readonly synced: number;
  readonly sync: string;
  /** STRICT, PERMISSIVE, DISABLE; of several ports the exceptions too. '' = it has no sidecar. */
  readonly mtls: string;
  readonly agentVersion: string;
  readonly config: string;
  readonly lastError: string;
}

interface RegistryPage {
  readonly services: readonly Service[];
  readonly workloads: readonly Workload[];
}

export async function readStatus(ask: Ask): Promise<MeshStatus> {
  const [sync, registry, config, violations, { version }] = await Promise.all([
    ask<SyncPage & { readonly isDockerConnected: boolean }>('/debug/syncz'),
    ask<RegistryPage>('/debug/registryz'),
    ask<Pick<World, 'resources' | 'mesh'>>('/debug/configz'),
    ask<readonly Violation[]>('/debug/violations'),
    ask<{ version: string }>('/version'),
  ]);
  const world: World = { meshId: sync.meshId, ...registry, ...config };
  return meshStatus(world, sync, violations, version);
}

export function meshStatus(
  world: World,
  sync: SyncPage & { readonly isDockerConnected: boolean },
  violations: readonly Violation[],
  version: string,
): MeshStatus {
  const count = (wanted: Violation['severity']) =>
    violations.filter(({ severity }) => severity === wanted).length;
  const worst = violations.find(({ severity }) => severity === 'Error');
  return {
    mesh: world.meshId,
    version,
    isDockerConnected: sync.isDockerConnected,
    isSettled: sync.isSettled,
    services: serviceStatuses(world, sync.proxies),
    errors: count('Error'),
    warnings: count('Warning'),
    lastError: worst === undefined ? '' : `${worst.file}:${worst.line} ${worst.message} (${worst.code})`,
  };
}

function serviceStatuses(world: World, proxies: readonly ProxyRow[]): ServiceStatus[] {
  const index = indexWorld(world);
  const groups = new Map<string, Workload[]>();
  for (const workload of world.workloads) {
    const key = `${workload.namespace}/${workload.workload}`;
    groups.set(key, [...(groups.get(key) ?? []), workload]);
  }
  const rows = [...groups.values()].map((members) => {
    const names = new Set(members.map(({ name, namespace }) => `${name}.${namespace}`));
    const own = proxies.filter(({ proxy }) => names.has(proxy));
    const [first] = members as [Workload, ...Workload[]];
    return { ...summarise(members, own), mtls: first.proxy === 'sidecar' ? mtlsOf(index, first) : '' };
  });
  return rows.sort((a, b) => rank(a) - rank(b) || (a.service < b.service ? -1 : 1));
}

const rank = ({ kind }: ServiceStatus) => (kind === 'gateway' ? 0 : 1);

function summarise(members: readonly Workload[], proxies: readonly ProxyRow[]): Omit<ServiceStatus, 'mtls'> {
  const [first] = members as [Workload, ...Workload[]];
  const unsynced = proxies.find(({ state }) => state !== 'SYNCED');
  const versions = new Set(proxies.map(({ version }) => version));
  return {
    service: first.workload,
    namespace: first.namespace,
    app: first.labels['app'] ?? '',
    version: first.labels['version'] ?? '',
    kind: first.proxy ?? 'none',
    containers: members.length,
    ready: members.filter(({ health }) => health === 'ready').length,
    agents: proxies.filter(({ container }) => container !== undefined).length,
    synced: proxies.filter(({ state }) => state === 'SYNCED').length,
    sync: first.proxy === null ? '' : (unsynced?.state ?? 'SYNCED'),
    agentVersion: proxies.find(({ agentVersion }) => agentVersion)?.agentVersion ?? '',
    config: [...versions].filter(Boolean).join(','),
    lastError: proxies.find(({ lastError }) => lastError !== '')?.lastError ?? '',
  };
}

function mtlsOf(index: ReturnType<typeof indexWorld>, workload: Workload): string {
  const { mode, ports } = mutualTlsModes(index, workload);
  const exceptions = Object.entries(ports).filter(([, own]) => own !== mode);
  return [mode, ...exceptions.map(([port, own]) => `${port}:${own}`)].join(' ');
}
