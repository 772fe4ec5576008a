import { isPlainHttp, selectProtocol } from '../../../istio/port-protocol.ts';
import type { ConnectionPool } from '../../../istio/schema/destination-rule.ts';
import type { ClusterSpec } from '../../../model/cluster.ts';
import { LABEL } from '../../../model/labels.ts';
import type { ListenerSpec } from '../../../model/listener.ts';
import { INBOUND_PASSTHROUGH_CLUSTER, inboundClusterName } from '../../../model/names.ts';
import type { RetrySpec, RouteConfigSpec, RouteSpec } from '../../../model/route.ts';
import { type InboundDestination, type InboundTarget, inboundCluster } from '../clusters/clusters.ts';
import { findDestinationPolicy } from '../clusters/destination-rules.ts';
import { selectBlocks } from '../clusters/traffic-policy.ts';
import { plainRoute } from '../routes/default-routes.ts';
import { inboundRetry, milliseconds } from '../routes/http-policies.ts';
import { tcpRoute } from '../routes/l4-routes.ts';
import { type CalleesFault, calleesFaults, faultyRoute } from '../routes/test-traffic.ts';
import { mutualTlsMode, mutualTlsModes } from '../security/mutual-tls-mode.ts';
import type { Service, Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import type { Sidecar } from './sidecar-scope.ts';

export interface InboundResult {
  readonly listeners: readonly ListenerSpec[];
  readonly routes: readonly RouteConfigSpec[];
  readonly clusters: readonly ClusterSpec[];
}

/** A port of the application that is known: of a service, or one that the workload's Sidecar lists. */
interface InboundPort extends InboundDestination {
  /** The service's own port number; without a service the port itself. */
  readonly servicePort: number;
}

/**
 * What arrives at a sidecar: a listener for each port of its services, and one for all others. A Sidecar with
 * `ingress` lists the ports itself: those that it leaves out are like any other (ISTIO.md §4.3).
 */
export function compileInbound(index: WorldIndex, proxy: Workload, sidecar: Sidecar | null): InboundResult {
  const ports = sidecar?.spec.ingress?.length
    ? ingressPorts(index, proxy, sidecar)
    : servicePorts(index, proxy, sidecar);
  const faults = calleesFaults(index, proxy.labels);
  const list = <Spec>(kind: string, specs: readonly Spec[]) =>
    index.shared.keep(`inbound ${kind} of ${proxy.id}`, specs, () => specs);
  const clusters = ports.map((port) => {
    const { number, protocol, service, target, connectionPool } = port;
    const names = [number, protocol, service?.hostname, target.address, target.port];
    const key = `inbound cluster ${names.join(' ')} ${JSON.stringify(connectionPool)}`;
    return index.shared.keep(key, [index.config], () => inboundCluster(index, port));
  });
  return {
    listeners: list('listeners', [
      ...ports.map((port) => withMutualTls(index, proxy, inboundListener(index, port))),
      ...lonePorts(index, proxy, ports).map((port) => withMutualTls(index, proxy, loneListener(index, port))),
      withMutualTls(index, proxy, catchAll(index)),
    ]),
    routes: list('routes', [
      ...ports.map((port) => inboundRoutes(index, port, faults)),
      catchAllRoutes(index, faults),
    ]),
    clusters: list('clusters', clusters),
  };
}

/** The first service has a port that several have. */
function servicePorts(index: WorldIndex, proxy: Workload, sidecar: Sidecar | null): InboundPort[] {
  const ports = new Map<number, InboundPort>();
  const isLocal = index.world.mesh.inboundTrafficPolicy === 'LOCALHOST';
  for (const service of servicesOf(index, proxy)) {
    for (const { number: servicePort, targetPort: number, protocol } of service.ports) {
      if (protocol === 'udp' || ports.has(number)) continue;
      const target = { address: isLocal ? '127.0.0.1' : '', port: 0 };
      const connectionPool =
        sidecar?.spec.inboundConnectionPool ?? serverPool(index, proxy, service, servicePort);
      ports.set(number, { number, protocol, target, service, servicePort, connectionPool });
    }
  }
  return [...ports.values()];
}

function ingressPorts(index: WorldIndex, proxy: Workload, { spec }: Sidecar): InboundPort[] {
  const services = servicesOf(index, proxy);
  return (spec.ingress ?? []).map(({ port, defaultEndpoint, connectionPool }) => {
    const number = port?.number ?? 0;
    const hasPort = (each: Service) => each.ports.some(({ targetPort }) => targetPort === number);
    const service = services.find(hasPort) ?? null;
    const servicePort = service?.ports.find(({ targetPort }) => targetPort === number)?.number ?? number;
    const ofServer = service === null ? undefined : serverPool(index, proxy, service, servicePort);
    return {
      ...{ number, service, servicePort, target: readEndpoint(defaultEndpoint ?? '') },
      protocol: selectProtocol('', port?.protocol ?? '', number),
      connectionPool: connectionPool ?? spec.inboundConnectionPool ?? ofServer,
    };
  });
}

/** `127.0.0.1:9000`; `0.0.0.0:9000` means the address of the container, which is the one that was called. */
function readEndpoint(endpoint: string): InboundTarget {
  const colon = endpoint.lastIndexOf(':');
  if (colon < 0) return { address: '', port: 0 };
  const address = endpoint.slice(0, colon).replace(/^\[|\]$/g, '');
  return {
    address: address === '127.0.0.1' || address === '::1' ? address : '',
    port: Number(endpoint.slice(colon + 1)),
  };
}

/** The server's side of a DestinationRule for its own host: its connectionPool (ISTIO.md §2.1, "server side"). */
function serverPool(
  index: WorldIndex,
  { namespace }: Workload,
  service: Service,
  servicePort: number,
): ConnectionPool | undefined {
  const server = { namespace, labels: null };
  const { trafficPolicy } = findDestinationPolicy(index.destinationRules, index.world.mesh, server, service);
  return selectBlocks(trafficPolicy, undefined, servicePort).connectionPool;
}

/**
 * What the workload's label names comes first, since that is what people call: `reviews`, and not the name of the one
 * container that Docker has, `reviews-v1`.
 */
function servicesOf(index: WorldIndex, proxy: Workload): readonly Service[] {
  const byMember = index.shared.get('services by member', () => {
    const map = new Map<string, Service[]>();
    for (const service of index.world.services) {
      for (const id of service.members) {
        const known = map.get(id);
        if (known === undefined) map.set(id, [service]);
        else known.push(service);
      }
    }
    return map;
  });
  const services = byMember.get(proxy.id) ?? [];
  const joined = proxy.labels[LABEL.service] ?? proxy.labels[LABEL.app];
  return services.toSorted((a, b) => Number(b.name === joined) - Number(a.name === joined));
}

function inboundListener(index: WorldIndex, { number, protocol, connectionPool }: InboundPort): ListenerSpec {
  const kind = isPlainHttp(protocol) ? 'http' : protocol === 'tcp' ? 'tcp' : 'auto';
  const idle = connectionPool?.tcp?.idleTimeout;
  return index.shared.keep(`inbound listener ${number} ${kind} ${idle ?? ''}`, [index.config], () => ({
    name: `virtualInbound|${number}`,
    direction: 'inbound',
    port: number,
    addresses: [],
    protocol: kind,
    route: kind === 'tcp' ? null : inboundClusterName(number),
    tcp:
      kind === 'http'
        ? null
        : [tcpRoute(inboundClusterName(number), idle === undefined ? undefined : milliseconds(idle))],
  }));
}

/** A PeerAuthentication may name ports that are of no service: they are like any other unknown one, but for its mode. */
function lonePorts(index: WorldIndex, proxy: Workload, known: readonly InboundPort[]): number[] {
  const named = Object.keys(mutualTlsModes(index, proxy).ports).map(Number);
  return named.filter((port) => !known.some(({ number }) => number === port));
}

function loneListener(index: WorldIndex, port: number): ListenerSpec {
  return { ...catchAll(index), name: `virtualInbound|${port}`, port };
}

/** What PeerAuthentication says of the port; 0, the catch-all, is like any that has no mode of its own. */
function withMutualTls(index: WorldIndex, proxy: Workload, listener: ListenerSpec): ListenerSpec {
  const mode = mutualTlsMode(index, proxy, listener.port);
  if (mode === 'DISABLE') return listener;
  return index.shared.keep(`mutual TLS ${mode} of ${JSON.stringify(listener)}`, [], () => ({
    ...listener,
    mutualTls: mode === 'STRICT' ? 'strict' : 'permissive',
  }));
}

function inboundRoutes(
  index: WorldIndex,
  inbound: InboundPort,
  faults: readonly CalleesFault[],
): RouteConfigSpec {
  const { number, service, servicePort, protocol } = inbound;
  const name = inboundClusterName(number);
  const hostname = service?.hostname ?? '';
  const key = `inbound routes ${name} ${hostname} ${servicePort} ${protocol}${keyOf(faults)}`;
  return index.shared.keep(key, [index.config], () => ({
    name,
    ...(protocol === 'grpc-web' && { isGrpcWeb: true }),
    virtualHosts: [
      {
        name: `inbound|http|${servicePort}`,
        domains: ['*'],
        routes: withFaults(
          inboundRoute(name, inboundRetry(index.world.mesh, protocol), `${hostname}:${servicePort}`),
          faults,
        ),
      },
    ],
  }));
}

/** A port of no service is served too, under its own cluster's name (ISTIO.md §8, "inbound unknown port"). */
function catchAll(index: WorldIndex): ListenerSpec {
  return index.shared.keep('inbound catch-all listener', [index.config], () => ({
    name: 'virtualInbound',
    direction: 'inbound',
    port: 0,
    addresses: [],
    protocol: 'auto',
    route: INBOUND_PASSTHROUGH_CLUSTER,
    tcp: [tcpRoute(INBOUND_PASSTHROUGH_CLUSTER)],
  }));
}

function catchAllRoutes(index: WorldIndex, faults: readonly CalleesFault[]): RouteConfigSpec {
  return index.shared.keep(`inbound catch-all routes${keyOf(faults)}`, [index.config], () => ({
    name: INBOUND_PASSTHROUGH_CLUSTER,
    virtualHosts: [
      {
        name: 'inbound|http|0',
        domains: ['*'],
        // What Istio calls an operation on a port that it does not know.
        routes: withFaults(
          inboundRoute(INBOUND_PASSTHROUGH_CLUSTER, inboundRetry(index.world.mesh, 'auto'), ':0'),
          faults,
        ),
      },
    ],
  }));
}

function inboundRoute(cluster: string, retry: RetrySpec | null, operation: string): RouteSpec {
  return { ...plainRoute('default', cluster, retry), decorator: `${operation}/*` };
}

/** What a container is told by labels alone makes a difference: the others share one result. */
const keyOf = (faults: readonly CalleesFault[]) => (faults.length === 0 ? '' : ` ${JSON.stringify(faults)}`);

function withFaults(route: RouteSpec, faults: readonly CalleesFault[]): RouteSpec[] {
  return [...faults.map((fault) => faultyRoute(route, fault)), route];
}
