// How services, endpoints and proxies fare, as tones of badges and in words.
import type { EndpointView, GraphView, ServiceView, WorkloadView } from '../model/console.ts';
import type { Tone } from './components/badge.tsx';
import { plural } from './format.ts';

export interface Verdict {
  readonly tone: Tone;
  readonly words: string;
}

const ENDPOINT_TONES: Readonly<Record<EndpointView['health'], Tone>> = {
  ready: 'ok',
  starting: 'warn',
  failing: 'warn',
  unhealthy: 'bad',
  draining: 'idle',
};

export const endpointVerdict = (health: EndpointView['health']): Verdict => ({
  tone: ENDPOINT_TONES[health],
  words: health,
});

/** A service of several ports has each container several times. */
export function serviceVerdict({ kind, endpoints }: ServiceView): Verdict {
  const hosts = new Set(endpoints.map(({ address }) => address));
  const ready = new Set(endpoints.filter(({ health }) => health === 'ready').map(({ address }) => address));
  if (hosts.size === 0)
    return kind === 'external' ? { tone: 'idle', words: 'outside' } : { tone: 'bad', words: 'no endpoint' };
  const words = `${ready.size} of ${hosts.size} ready`;
  if (ready.size === 0) return { tone: 'bad', words };
  return { tone: ready.size < hosts.size ? 'warn' : 'ok', words };
}

/** Hosts that some caller does not send to just now. */
export function ejectedHosts({ endpoints }: ServiceView): number {
  return new Set(endpoints.filter(({ ejectedBy }) => ejectedBy.length > 0).map(({ address }) => address))
    .size;
}

export function syncVerdict({ proxy, sync }: WorkloadView): Verdict {
  if (proxy === null) return { tone: 'idle', words: 'no proxy' };
  switch (sync.state) {
    case 'SYNCED':
      return { tone: 'ok', words: 'in sync' };
    case 'PENDING':
      return { tone: 'warn', words: 'being sent' };
    case 'NACKED':
      return { tone: 'bad', words: 'refused it' };
    default:
      return { tone: 'bad', words: sync.state.toLowerCase() };
  }
}

/** Docker's word, and whether the container does its work. */
export function containerVerdict({ state, health }: WorkloadView): Verdict {
  if (state !== 'running' && state !== '') return { tone: 'bad', words: state };
  return { tone: ENDPOINT_TONES[health], words: health === 'ready' ? 'running' : health };
}

export function certificateVerdict({ certificate, proxy }: WorkloadView, nowMs: number): Verdict {
  if (certificate === null) return { tone: proxy === null ? 'idle' : 'warn', words: 'none' };
  const leftMs = certificate.notAfterMs - nowMs;
  if (leftMs <= 0) return { tone: 'bad', words: 'expired' };
  return { tone: leftMs < 3_600_000 ? 'warn' : 'ok', words: 'valid' };
}

/** Envoy's breakers and outlier detection, as far as they hold something back. */
export function clusterTroubles(workload: WorkloadView): Verdict[] {
  const total = (of: (cluster: WorkloadView['clusters'][number]) => number) =>
    workload.clusters.reduce((sum, cluster) => sum + of(cluster), 0);
  const ejected = total(({ ejectedHosts: hosts }) => hosts);
  const pending = total(({ pendingRequests }) => pendingRequests);
  return [
    ...(ejected > 0 ? [{ tone: 'warn', words: `${plural(ejected, 'host')} ejected` } as const] : []),
    ...(pending > 0 ? [{ tone: 'warn', words: `${pending} waiting` } as const] : []),
  ];
}

/** Nodes of the graph that stand for a service: those of its containers, or its name where none answered. */
export function nodesOf(service: ServiceView, workloads: readonly WorkloadView[]): string[] {
  const names = new Set(service.endpoints.map(({ workload }) => workload));
  const nodes = workloads.filter(({ name }) => names.has(name)).map(({ node }) => node);
  return [...new Set([...nodes, `external/${service.hostname}`, `service/${service.hostname}`])];
}

/** What comes in; at a gateway, whose callers are not of the mesh, what it sends on. */
export function edgesAt(graph: GraphView | undefined, nodes: readonly string[]): GraphView['edges'] {
  const inbound = edgesInto(graph, nodes);
  if (inbound.length > 0 || graph === undefined) return inbound;
  const gateways = graph.nodes
    .filter(({ id, kind }) => kind === 'gateway' && nodes.includes(id))
    .map(({ id }) => id);
  return graph.edges.filter(({ source }) => gateways.includes(source));
}

export const edgesInto = (graph: GraphView | undefined, nodes: readonly string[]): GraphView['edges'] =>
  graph === undefined ? [] : graph.edges.filter(({ target }) => nodes.includes(target));
