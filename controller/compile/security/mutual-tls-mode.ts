import { matchesLabels } from '../../../model/labels.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { type MutualTlsMode, modeOf } from './peer-authentication.ts';

interface Modes {
  readonly mode: MutualTlsMode;
  /** By the container's own port. */
  readonly ports: Readonly<Record<string, MutualTlsMode>>;
}

/** The mode of a workload: its own policy's over its namespace's over the mesh's; UNSET inherits. */
export function mutualTlsModes(index: WorldIndex, workload: Workload): Modes {
  return index.shared.keep(`mutual TLS of ${workload.id}`, [index.config, workload], () => {
    const { mesh, namespaces, selecting } = index.peerAuthentications;
    const inherited = namespaces.get(workload.namespace) ?? mesh;
    const own = selecting
      .get(workload.namespace)
      ?.find(({ spec }) => matchesLabels(spec.selector?.matchLabels ?? {}, workload.labels));
    const mode = modeOf(own?.spec.mtls, inherited);
    const ports = Object.entries(own?.spec.portLevelMtls ?? {}).map(
      ([port, mtls]) => [String(Number(port)), modeOf(mtls, mode)] as const,
    );
    return { mode, ports: Object.fromEntries(ports) };
  });
}

export function mutualTlsMode(index: WorldIndex, workload: Workload, port: number): MutualTlsMode {
  const { mode, ports } = mutualTlsModes(index, workload);
  return ports[port] ?? mode;
}

/** Others may speak mutual TLS to this port of it: it has a sidecar, and that takes it. */
export function takesMutualTls(index: WorldIndex, workload: Workload, port: number): boolean {
  return workload.proxy === 'sidecar' && mutualTlsMode(index, workload, port) !== 'DISABLE';
}
