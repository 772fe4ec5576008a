import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { isHttp2, isPlainHttp } from '../../../istio/port-protocol.ts';
import type { ClientTls, ConnectionPool } from '../../../istio/schema/destination-rule.ts';
import { type ClusterService, type ClusterSpec, endpointsNameOf } from '../../../model/cluster.ts';
import type { EndpointsSpec } from '../../../model/endpoint.ts';
import type { Labels } from '../../../model/labels.ts';
import {
  BLACK_HOLE_CLUSTER,
  DYNAMIC_DNS_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  inboundClusterName,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
} from '../../../model/names.ts';
import { INBOUND_SOURCE_ADDRESS } from '../../../model/ports.ts';
import { takesMutualTls } from '../security/mutual-tls-mode.ts';
import type { PortProtocol, Service, ServicePort } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { type Caller, findDestinationPolicy } from './destination-rules.ts';
import { compileEndpoints, externalEndpoints } from './endpoints.ts';
import { type CallerPlace, type Placing, placeEndpoints, selectPlacing } from './locality.ts';
import { compileMeshTls } from './mesh-tls.ts';
import { compilePolicy, type PolicyBlocks, selectBlocks, withMeshDefaults } from './traffic-policy.ts';
import { compileUpstreamTls } from './upstream-tls.ts';

export interface ClusterWithEndpoints {
  readonly cluster: ClusterSpec;
  /** null = the cluster finds its hosts by itself. */
  readonly endpoints: EndpointsSpec | null;
}

/** Every cluster of one service as a caller on some networks sees it: each port, whole and by subset. */
export function serviceClusters(
  index: WorldIndex,
  service: Service,
  caller: Caller,
  networks: readonly string[],
  place: CallerPlace,
): readonly ClusterWithEndpoints[] {
  const policy = findDestinationPolicy(index.destinationRules, index.world.mesh, caller, service);
  const { mesh } = index.world;
  const { isGateway = false } = caller;
  const key = `clusters ${service.namespace}/${service.hostname} ${policy.id} ${networks.join(',')} ${JSON.stringify([place, isGateway])}`;
  return index.shared.keep(key, [index.config, service, ...workloadsOf(index, service)], () => {
    return service.ports
      .filter((port) => port.protocol !== 'udp')
      .flatMap((port) =>
        // Hosts that calls name have no labels (Istio builds no subsets of them).
        [undefined, ...(isByName(service) ? [] : policy.subsets)].map((subset) => {
          const blocks = withMeshDefaults(selectBlocks(policy.trafficPolicy, subset, port.number), mesh);
          const name = outboundClusterName(port.number, subset?.name ?? '', service.hostname);
          const placing = selectPlacing(blocks, mesh, place);
          const discovery: ClusterSpec['discovery'] = isPassedThrough(service, isGateway, blocks)
            ? {
                ...{ kind: 'original-destination', sourceAddress: '', port: translated(port) },
                // Docker's own name leads to a container, the longer forms of it to the virtual address.
                ...(service.isDockerName && !service.headless && { endpoints: name }),
              }
            : isByName(service)
              ? { kind: 'requested-name', port: port.number }
              : (lookUp(service, port, subset?.labels ?? {}, placing) ?? {
                  kind: 'endpoints',
                  endpoints: name,
                });
          const meshTls = compileMeshTls(index, service, port, subset?.name ?? '', blocks, discovery);
          const tls = withSubjectAltNames(blocks.tls, service);
          const cluster: ClusterSpec = {
            ...compilePolicy(blocks, mesh),
            name,
            discovery,
            protocol: upstreamProtocol(port.protocol, blocks.connectionPool, mesh.h2UpgradePolicy, isGateway),
            ...meshTls,
            tls: compileUpstreamTls(tls, isGateway || policy.selector !== null) ?? meshTls.tls,
            service: clusterService(service),
          };
          return sharedPair(index, cluster, service, port, subset?.labels ?? {}, networks, placing);
        }),
      );
  });
}

const isByName = ({ external }: Service) => external?.resolution === 'DYNAMIC_DNS';

/**
 * A headless service, and PASSTHROUGH, leave the choice to the caller's own resolver. Behind a virtual address there is
 * nobody: what kube-proxy does in Kubernetes, any endpoint by chance, remains ours.
 */
function isPassedThrough(
  { isDockerName, headless, external }: Service,
  isGateway: boolean,
  { loadBalancer }: PolicyBlocks,
): boolean {
  if (external?.resolution === 'NONE') return true;
  if (headless) return !isGateway;
  return loadBalancer?.simple === 'PASSTHROUGH' && isDockerName;
}

/** The container's port, where it is not the one that was called. */
const translated = ({ number, targetPort }: ServicePort) => (targetPort === number ? 0 : targetPort);

function clusterService({ hostname, name, namespace, external }: Service): ClusterService {
  const service = { hostname, name, namespace };
  return external?.location === 'MESH_EXTERNAL' ? { ...service, isExternal: true } : service;
}

/** The names that the proxy looks up, its own or those of the endpoints; null = there is nothing to look up. */
function lookUp(
  service: Service,
  port: ServicePort,
  labels: Labels,
  placing: Placing | null,
): ClusterSpec['discovery'] | null {
  const { hostname, external } = service;
  if (external?.resolution !== 'DNS' && external?.resolution !== 'DNS_ROUND_ROBIN') return null;
  const mode = external.resolution === 'DNS' ? 'strict' : 'logical';
  if (!external.endpoints.some(({ servicePorts }) => servicePorts.includes(port.number))) {
    const host = { host: hostname, port: port.targetPort, weight: 1, locality: '', priority: 0 };
    return { kind: 'dns', mode, hosts: [host], localityWeights: null };
  }
  const { endpoints, localityWeights } = placeEndpoints(externalEndpoints(service, port, labels), placing);
  const hosts = endpoints.map((each) => ({
    ...{ host: each.address, port: each.port, weight: each.weight },
    ...{ locality: each.locality, priority: each.priority },
  }));
  return { kind: 'dns', mode, hosts, localityWeights };
}

/** Names of an entry count where a rule asks for TLS and names none (ServiceEntry `subject_alt_names`). */
function withSubjectAltNames(tls: ClientTls | undefined, { external }: Service): ClientTls | undefined {
  const names = external?.subjectAltNames ?? [];
  if (tls === undefined || names.length === 0 || (tls.subjectAltNames ?? []).length > 0) return tls;
  return { ...tls, subjectAltNames: [...names] };
}

function workloadsOf(index: WorldIndex, service: Service): unknown[] {
  return service.members.map((id) => index.workloadsById.get(id));
}

/** Clusters are equal for callers of any network, endpoints for callers of any namespace: one object each. */
function sharedPair(
  index: WorldIndex,
  cluster: ClusterSpec,
  service: Service,
  port: ServicePort,
  labels: Labels,
  networks: readonly string[],
  placing: Placing | null,
): ClusterWithEndpoints {
  const isMember = (id: string) => {
    const workload = index.workloadsById.get(id);
    return workload !== undefined && takesMutualTls(index, workload, port.targetPort);
  };
  const mutualTls = service.members.filter(isMember);
  const view = JSON.stringify([labels, placing, mutualTls.length === service.members.length || mutualTls]);
  const key = `endpoints ${service.namespace} ${cluster.name} ${networks.join(',')} ${view}`;
  return {
    cluster: index.shared.keep(`cluster ${JSON.stringify(cluster)}`, [], () => cluster),
    endpoints:
      endpointsNameOf(cluster.discovery) === null
        ? null
        : index.shared.keep(key, [service, ...workloadsOf(index, service)], () =>
            compileEndpoints(index, cluster.name, service, port, labels, networks, placing),
          ),
  };
}

/**
 * What is spoken to the hosts: the port's protocol, unless the caller's is asked for (`useClientProtocol`) or HTTP/1.1
 * is to become HTTP/2 on its way (`h2UpgradePolicy`; the mesh's own is for declared ports alone).
 */
function upstreamProtocol(
  protocol: PortProtocol,
  pool: ConnectionPool | undefined,
  meshUpgrade: MeshConfig['h2UpgradePolicy'],
  isGateway = false,
): ClusterSpec['protocol'] {
  if (!isPlainHttp(protocol) && protocol !== 'auto') return 'tcp';
  const { useClientProtocol = false, h2UpgradePolicy: own = 'DEFAULT' } = pool?.http ?? {};
  if (useClientProtocol) return 'downstream';
  if (isHttp2(protocol) || own === 'UPGRADE') return 'http2';
  // A gateway detects nothing: its callers' protocol says nothing of the server's (Istio's `setUpstreamProtocol`).
  if (protocol === 'auto') return isGateway ? 'http1' : 'downstream';
  return own === 'DEFAULT' && meshUpgrade === 'UPGRADE' ? 'http2' : 'http1';
}

/** The clusters that every sidecar has beside those of services. */
export function builtInClusters(index: WorldIndex): readonly ClusterSpec[] {
  const original = (sourceAddress: string) =>
    ({ kind: 'original-destination', sourceAddress, port: 0 }) as const;
  const clusters: [name: string, discovery: ClusterSpec['discovery']][] = [
    [PASSTHROUGH_CLUSTER, original('')],
    [BLACK_HOLE_CLUSTER, { kind: 'none' }],
    [INBOUND_PASSTHROUGH_CLUSTER, original(INBOUND_SOURCE_ADDRESS)],
  ];
  const made = clusters.map(([name, discovery]) =>
    index.shared.keep(`cluster ${name}`, [index.config], () => builtIn(index, name, discovery)),
  );
  const { outboundTrafficPolicy, outboundTls } = index.world.mesh;
  if (outboundTrafficPolicy !== 'ALLOW_ANY_DYNAMIC_DNS') return made;
  const byNames = index.shared.keep(`cluster ${DYNAMIC_DNS_CLUSTER}`, [index.config], () => ({
    ...builtIn(index, DYNAMIC_DNS_CLUSTER, { kind: 'requested-name', port: 0 }),
    tls: compileUpstreamTls(outboundTls ?? undefined, false),
  }));
  return [...made, byNames];
}

/** Where an application listens: at the address that was called (and then dialled from 127.0.0.6), or on loopback. */
export interface InboundTarget {
  /** '' = the address that was called. */
  readonly address: string;
  /** 0 = the port that was called. */
  readonly port: number;
}

/** An application behind its own proxy. */
export interface InboundDestination {
  /** The port that callers reach, which names its listener, routes and cluster. */
  readonly number: number;
  readonly protocol: PortProtocol;
  readonly target: InboundTarget;
  /** null = of no service. */
  readonly service: Service | null;
  readonly connectionPool: ConnectionPool | undefined;
}

/** The way from a proxy to its own application, which is spoken to as its port says: an upgrade ends here. */
export function inboundCluster(
  index: WorldIndex,
  { number, protocol, target, service, connectionPool }: InboundDestination,
): ClusterSpec {
  const { address, port } = target;
  const discovery: ClusterSpec['discovery'] =
    address === ''
      ? { kind: 'original-destination', sourceAddress: INBOUND_SOURCE_ADDRESS, port }
      : { kind: 'original-destination', sourceAddress: '', port, address };
  const { useClientProtocol } = connectionPool?.http ?? {};
  return {
    ...builtIn(index, inboundClusterName(number), discovery, { connectionPool }),
    protocol: isPlainHttp(protocol)
      ? upstreamProtocol(protocol, { http: { useClientProtocol } }, 'DO_NOT_UPGRADE')
      : 'downstream',
    service:
      service === null
        ? null
        : { hostname: service.hostname, name: service.name, namespace: service.namespace },
  };
}

function builtIn(
  index: WorldIndex,
  name: string,
  discovery: ClusterSpec['discovery'],
  blocks: PolicyBlocks = {},
): ClusterSpec {
  return {
    ...compilePolicy(blocks, index.world.mesh),
    name,
    discovery,
    protocol: 'downstream',
    tls: null,
    service: null,
  };
}
