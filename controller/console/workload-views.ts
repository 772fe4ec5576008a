import { X509Certificate } from 'node:crypto';
import type { ClusterHealthView, WorkloadView } from '../../model/console.ts';
import { LABEL } from '../../model/labels.ts';
import { spiffeId } from '../../model/names.ts';
import type { Certificates } from '../ca/certificates.ts';
import { canonicalNames } from '../compile/workload-specs.ts';
import type { Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';
import type { ProxyStatus } from '../push/proxy-connection.ts';
import { workloadNode } from '../traffic/node-id.ts';
import { applicationContainer } from '../world/applications.ts';
import type { ContainerFacts } from '../world/container-facts.ts';

export interface WorkloadViewDeps {
  readonly containers: ReadonlyMap<string, ContainerFacts>;
  readonly proxies: ReadonlyMap<string, ProxyStatus>;
  readonly certificates: Certificates;
  /** What the proxy in that container says of its clusters. */
  clustersOf(container: string): readonly ClusterHealthView[];
}

const NOT_CONNECTED = { state: 'NOT CONNECTED', version: '', lastError: '', lastReplyMs: 0 };
const NO_PROXY = { ...NOT_CONNECTED, state: '' };

export function workloadViews(index: WorldIndex, deps: WorkloadViewDeps): WorkloadView[] {
  return index.world.workloads.map((workload) => viewOf(index, workload, deps));
}

function viewOf(index: WorldIndex, workload: Workload, deps: WorkloadViewDeps): WorkloadView {
  const { id, name, namespace, labels, proxy } = workload;
  const facts = applicationContainer(deps.containers, id);
  const status = deps.proxies.get(id);
  const version = labels[LABEL.version] ?? '';
  return {
    ...{ id, name, namespace, labels, version, proxy },
    node: workloadNode(namespace, workload.workload, version),
    workload: workload.workload,
    app: canonicalNames(workload).canonicalService,
    image: facts?.image ?? '',
    state: facts?.state ?? '',
    startedAt: workload.startedAt ?? '',
    health: workload.health,
    addresses: workload.addresses.map(({ address }) => address),
    openPorts: workload.openPorts,
    identity:
      proxy === null ? '' : spiffeId(namespace, workload.serviceAccount, index.world.mesh.trustDomain),
    certificate: status === undefined ? null : certificateView(deps.certificates.heldBy(status.container)),
    sync: status === undefined ? (proxy === null ? NO_PROXY : NOT_CONNECTED) : syncOf(status),
    clusters: status === undefined ? [] : deps.clustersOf(status.container),
  };
}

function syncOf({ state, version, lastError, lastReplyMs }: ProxyStatus): WorkloadView['sync'] {
  return { state, version, lastError, lastReplyMs };
}

/** @param chain PEM, the proxy's own certificate first; '' = it has none */
function certificateView(chain: string): WorkloadView['certificate'] {
  if (chain === '') return null;
  try {
    const { serialNumber, validTo } = new X509Certificate(chain);
    return { serial: serialNumber.toLowerCase(), notAfterMs: Date.parse(validTo) };
  } catch {
    // What a proxy says that it holds may be anything.
    return null;
  }
}
