import { resolveShortName } from '../../../istio/host.ts';
import { selectProtocol } from '../../../istio/port-protocol.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { SidecarSpec } from '../../../istio/schema/sidecar.ts';
import type { Destination } from '../../../istio/schema/virtual-service.ts';
import { matchesLabels } from '../../../model/labels.ts';
import {
  BLACK_HOLE_CLUSTER,
  DYNAMIC_DNS_CLUSTER,
  outboundClusterName,
  PASSTHROUGH_CLUSTER,
} from '../../../model/names.ts';
import { httpRulesOf } from '../routes/delegates.ts';
import { hostsOf, meshRules, RuleBook, type VirtualService } from '../routes/mesh-rules.ts';
import { exportToOf, isVisible } from '../visibility.ts';
import type { Service, Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { readEgressHosts } from './egress-hosts.ts';

export type Sidecar = Resource<SidecarSpec>;
type Egress = NonNullable<SidecarSpec['egress']>[number];

/** What the workloads of one namespace under one Sidecar (or none) see of the mesh. */
export interface SidecarScope {
  /** Tells scopes of one World apart. */
  readonly key: string;
  readonly namespace: string;
  /** null = the implicit one, which sees everything that is exported to the namespace. */
  readonly sidecar: Sidecar | null;
  readonly egress: readonly EgressScope[];
  /** What has a cluster: imported services, and destinations of imported rules (ISTIO.md, correction 20). */
  readonly services: readonly Service[];
  /** The cluster of unknown traffic; null = it is refused. */
  readonly unknown: string | null;
}

/** One egress listener: on its port, or on all that no other listener names. */
export interface EgressScope {
  /** null = every port of the services. */
  readonly port: number | null;
  /** The destination address; '' = that of the services. */
  readonly bind: string;
  readonly services: readonly Service[];
  readonly rules: RuleBook;
}

/** The services that a namespace may see. */
export function visibleServices(index: WorldIndex, namespace: string): readonly Service[] {
  return index.shared.get(`visible ${namespace}`, () => {
    const { defaultServiceExportTo } = index.world.mesh;
    return index.world.services.flatMap(
      (service) => seenBy(service, namespace, defaultServiceExportTo) ?? [],
    );
  });
}

/**
 * Which of the services of a hostname a namespace sees: its own, else one that is exported to it by name, else the
 * oldest (Istio's `selectServices` over `servicesExportedToNamespace`); undefined = none.
 */
function seenBy(service: Service, namespace: string, meshDefault: readonly string[]): Service | undefined {
  const exported = ({ exportTo }: Service) => exportToOf(exportTo, meshDefault);
  const seen = [service, ...(service.rivals ?? [])].filter((each) =>
    isVisible(exported(each), each.namespace, namespace),
  );
  if (seen.length < 2) return seen[0];
  return (
    seen.find((each) => each.namespace === namespace) ??
    seen.find((each) => !exported(each).includes('*')) ??
    seen[0]
  );
}

/** The service of that hostname, as a namespace sees it; and if it sees none, whichever there is. */
export function serviceFor(index: WorldIndex, hostname: string, namespace: string): Service | undefined {
  const service = index.servicesByHost.get(hostname);
  if (service?.rivals === undefined) return service;
  return seenBy(service, namespace, index.world.mesh.defaultServiceExportTo) ?? service;
}

export function scopeOf(index: WorldIndex, proxy: Workload): SidecarScope {
  const { namespace } = proxy;
  const sidecar = findSidecar(index, proxy);
  const key = sidecar === null ? namespace : `${namespace} under ${sidecar.namespace}/${sidecar.name}`;
  return index.shared.get(`scope ${key}`, () => createScope(index, key, namespace, sidecar));
}

/** By label in its namespace, else that of the namespace, else that of the root namespace (ISTIO.md §4.3, "selection"). */
function findSidecar(index: WorldIndex, { namespace, labels }: Workload): Sidecar | null {
  const { rootNamespace } = index.world.mesh;
  const selectorOf = ({ spec }: Sidecar) => spec.workloadSelector?.labels ?? {};
  const isForAll = (sidecar: Sidecar) => Object.keys(selectorOf(sidecar)).length === 0;
  const own = index.sidecars.filter((sidecar) => sidecar.namespace === namespace);
  return (
    own.find((sidecar) => !isForAll(sidecar) && matchesLabels(selectorOf(sidecar), labels)) ??
    own.find(isForAll) ??
    index.sidecars.find((sidecar) => sidecar.namespace === rootNamespace && isForAll(sidecar)) ??
    null
  );
}

const EVERYTHING: Egress = { hosts: ['*/*'] };

function createScope(
  index: WorldIndex,
  key: string,
  namespace: string,
  sidecar: Sidecar | null,
): SidecarScope {
  const listeners = (sidecar?.spec.egress ?? []).filter(isServed);
  const isUnlimited = (sidecar?.spec.egress ?? []).length === 0;
  const egress = (isUnlimited ? [EVERYTHING] : listeners).map((listener) =>
    egressScope(index, namespace, listener),
  );
  return {
    ...{ key, namespace, sidecar, egress },
    services: isUnlimited ? visibleServices(index, namespace) : importedServices(index, namespace, egress),
    unknown: unknownCluster(index, sidecar),
  };
}

/** A Unix socket or a proxy's own port is nothing that a captured connection goes to. */
function isServed({ port }: Egress): boolean {
  return port === undefined || ((port.number ?? 0) > 0 && port.protocol?.toUpperCase() !== 'HTTP_PROXY');
}

function egressScope(index: WorldIndex, namespace: string, listener: Egress): EgressScope {
  const { port, bind = '' } = listener;
  const hosts = readEgressHosts(listener.hosts ?? [], namespace);
  const services = visibleServices(index, namespace).filter((service) =>
    hosts.importsService(service.namespace, service.hostname),
  );
  const rules = meshRules(index, namespace).filter((rule) =>
    hosts.importsRule(rule.namespace, hostsOf(rule)),
  );
  return {
    port: port?.number ?? null,
    bind: bind === '0.0.0.0' || bind === '::' ? '' : bind,
    services: port === undefined ? services : services.flatMap((service) => onPort(service, port)),
    rules: new RuleBook(rules),
  };
}

/** The service with this port alone, spoken as the listener says. */
function onPort(service: Service, port: NonNullable<Egress['port']>): Service[] {
  const number = port.number ?? 0;
  const known = service.ports.find((each) => each.number === number);
  if (known === undefined) return [];
  const protocol = selectProtocol('', port.protocol ?? '', number);
  return [{ ...service, ports: [{ ...known, protocol }] }];
}

/** With the port list of the World, not of one listener. */
function importedServices(
  index: WorldIndex,
  namespace: string,
  egress: readonly EgressScope[],
): readonly Service[] {
  const imported = new Set<string>();
  for (const { services } of egress) for (const { hostname } of services) imported.add(hostname);
  for (const { rules } of egress) {
    for (const rule of rules.rules)
      for (const hostname of destinationsOf(index, rule)) imported.add(hostname);
  }
  return visibleServices(index, namespace).filter(({ hostname }) => imported.has(hostname));
}

/** Hosts that a rule of the mesh leads to, mirrors too. */
export function destinationsOf(index: WorldIndex, rule: VirtualService): string[] {
  const { tls = [], tcp = [] } = rule.spec;
  const http = httpRulesOf(index, rule).map((each) => each.rule);
  const mirrors = http.flatMap(({ mirror, mirrors = [] }) => [
    mirror,
    ...mirrors.map(({ destination }) => destination),
  ]);
  const routes = [...http, ...tls, ...tcp].flatMap(({ route = [] }) =>
    route.map(({ destination }) => destination),
  );
  return [...routes, ...mirrors]
    .filter((destination): destination is Destination => destination !== undefined)
    .map(({ host = '' }) => resolveShortName(host, rule.namespace));
}

/** The workload's own policy beats the mesh's; its zero value is REGISTRY_ONLY (ISTIO.md §4.3). */
function unknownCluster(index: WorldIndex, sidecar: Sidecar | null): string | null {
  const policy = sidecar?.spec.outboundTrafficPolicy;
  const mode = policy === undefined ? index.world.mesh.outboundTrafficPolicy : policy.mode;
  if (mode === 'ALLOW_ANY_DYNAMIC_DNS') return DYNAMIC_DNS_CLUSTER;
  if (mode !== 'ALLOW_ANY') return null;
  const proxy = policy?.egressProxy;
  if (proxy === undefined) return PASSTHROUGH_CLUSTER;
  const hostname = resolveShortName(proxy.host ?? '', sidecar?.namespace ?? '');
  return outboundClusterName(proxy.port?.number ?? 0, proxy.subset ?? '', hostname);
}

/** Where connections go that belong to no service. */
export function unknownTcpCluster({ unknown }: SidecarScope): string {
  // Bytes name no host that could be looked up.
  if (unknown === DYNAMIC_DNS_CLUSTER) return PASSTHROUGH_CLUSTER;
  return unknown ?? BLACK_HOLE_CLUSTER;
}
