import type { ListenerDirection } from '../../model/listener.ts';
import { spiffeId } from '../../model/names.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { Tables } from '../listener/tables.ts';
import type { Host } from '../upstream/host.ts';
import { specForHost } from '../upstream/spec-for-host.ts';
import { ownWorkload, type TrafficLabels } from './istio-labels.ts';

/** Who spoke with whom, as this proxy knows it. */
export function describeTraffic(
  tables: Tables | null,
  peer: DownstreamPeer,
  direction: ListenerDirection,
  clusterName: string,
  host: Host | null,
  authority: string,
): TrafficLabels {
  const own = tables === null ? null : ownWorkload(tables.node, tables.workloads);
  const isInbound = direction === 'inbound';
  const service = tables?.clusters.get(clusterName)?.spec.service;
  const other = isInbound
    ? tables?.workloads.get(peer.remoteAddress)
    : host === null || service?.isExternal === true
      ? undefined
      : (tables?.workloadsByName.get(host.spec.workload) ?? tables?.workloads.get(host.address));
  const isMutual = isInbound
    ? peer.identity !== ''
    : host !== null && speaksMeshTls(tables, clusterName, host);
  const ownPrincipal = isMutual ? (tables?.node.identity ?? '') : '';
  return {
    reporter: isInbound ? 'destination' : 'source',
    source: isInbound ? (other ?? null) : own,
    destination: isInbound ? own : (other ?? null),
    sourcePrincipal: isInbound ? peer.identity : ownPrincipal,
    destinationPrincipal: isInbound ? ownPrincipal : isMutual ? principalOf(other, ownPrincipal) : '',
    service: service ?? { hostname: authority, name: clusterName, namespace: '' },
    security: isInbound ? (peer.identity === '' ? 'none' : 'mutual_tls') : 'unknown',
  };
}

/** Istio's own words: the source knows whom it meant, and that nobody else was let answer. */
function principalOf(workload: WorkloadSpec | undefined, own: string): string {
  if (workload === undefined) return '';
  const trustDomain = own.split('/')[2] ?? '';
  return spiffeId(workload.namespace, workload.serviceAccount, trustDomain);
}

function speaksMeshTls(tables: Tables | null, clusterName: string, { spec }: Host): boolean {
  const cluster = tables?.clusters.get(clusterName)?.spec;
  if (cluster === undefined) return false;
  return specForHost(cluster, spec).tls?.mode === 'istio-mutual';
}
