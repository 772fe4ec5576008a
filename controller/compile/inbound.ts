import type { ClusterSpec } from '../../model/cluster.ts';
import type { ListenerSpec } from '../../model/listener.ts';
import { INBOUND_PASSTHROUGH_CLUSTER, inboundClusterName } from '../../model/names.ts';
import type { RouteConfigSpec } from '../../model/route.ts';
import { inboundCluster } from './clusters.ts';
import { plainRoute } from './default-routes.ts';
import { INBOUND_RETRY } from './http-policies.ts';
import { tcpRoute } from './outbound.ts';
import type { Service, ServicePort, Workload } from './world.ts';
import type { WorldIndex } from './world-index.ts';

export interface InboundResult {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
  readonly clusters: readonly ClusterSpec[];
}

/** What arrives at a sidecar: a listener for each port of its services, and one for all others. */
export function compileInbound(index: WorldIndex, proxy: Workload): InboundResult {
  const ports = new Map<number, { service: Service; port: ServicePort }>();
  for (const service of servicesOf(index, proxy)) {
    for (const port of service.ports) {
      if (port.protocol !== 'udp' && !ports.has(port.targetPort))
        ports.set(port.targetPort, { service, port });
    }
  }
  const all = [...ports.values()];
  return {
    listeners: [...all.map(({ port }) => inboundListener(index, port)), catchAll(index)],
    routes: [...all.map(({ service, port }) => inboundRoutes(index, service, port)), catchAllRoutes(index)],
    clusters: all.map(({ service, port }) => inboundCluster(index, service, port)),
  };
}

function servicesOf(index: WorldIndex, proxy: Workload): readonly Service[] {
  const byMember = index.shared.get('services by member', () => {
    const map = new Map<string, Service[]>();
    for (const service of index.world.services) {
      for (const id of service.members) map.set(id, [...(map.get(id) ?? []), service]);
    }
    return map;
  });
  return byMember.get(proxy.id) ?? [];
}

function inboundListener(index: WorldIndex, { targetPort, protocol }: ServicePort): ListenerSpec {
  const kind = protocol === 'http' ? 'http' : protocol === 'tcp' ? 'tcp' : 'auto';
  return index.shared.get(`inbound listener ${targetPort} ${kind}`, () => ({
    name: `virtualInbound|${targetPort}`,
    direction: 'inbound',
    port: targetPort,
    addresses: [],
    protocol: kind,
    route: kind === 'tcp' ? null : inboundClusterName(targetPort),
    tcp: kind === 'http' ? null : [tcpRoute(inboundClusterName(targetPort))],
  }));
}

function inboundRoutes(
  index: WorldIndex,
  service: Service,
  { targetPort, number }: ServicePort,
): RouteConfigSpec {
  const name = inboundClusterName(targetPort);
  return index.shared.get(`inbound routes ${name} ${service.hostname} ${number}`, () => ({
    name,
    virtualHosts: [
      {
        name: `inbound|http|${number}`,
        domains: ['*'],
        routes: [plainRoute('default', name, INBOUND_RETRY)],
      },
    ],
  }));
}

/** A port of no service is served too, under its own cluster's name (ISTIO.md §8, "inbound unknown port"). */
function catchAll(index: WorldIndex): ListenerSpec {
  return index.shared.get('inbound catch-all listener', () => ({
    name: 'virtualInbound',
    direction: 'inbound',
    port: 0,
    addresses: [],
    protocol: 'auto',
    route: INBOUND_PASSTHROUGH_CLUSTER,
    tcp: [tcpRoute(INBOUND_PASSTHROUGH_CLUSTER)],
  }));
}

function catchAllRoutes(index: WorldIndex): RouteConfigSpec {
  return index.shared.get('inbound catch-all routes', () => ({
    name: INBOUND_PASSTHROUGH_CLUSTER,
    virtualHosts: [
      {
        name: 'inbound|http|0',
        domains: ['*'],
        routes: [plainRoute('default', INBOUND_PASSTHROUGH_CLUSTER, INBOUND_RETRY)],
      },
    ],
  }));
}
