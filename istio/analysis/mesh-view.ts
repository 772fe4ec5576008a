import { type Labels, matchesLabels } from '../../model/labels.ts';
import { DEFAULT_NAMESPACE, ROOT_NAMESPACE, serviceHostname } from '../../model/names.ts';
import { isSubsetOf, isWildcard } from '../host.ts';
import type { Resource } from '../resource.ts';
import type { SpecOf } from '../schema/spec-of.ts';
import type { KnownPort, KnownService, KnownServices, KnownWorkload } from './known-services.ts';

/** A service as analyzers ask about it, whether it is known from Docker or from a document. */
export interface ServiceView {
  readonly hostname: string;
  readonly namespace: string;
  readonly ports: readonly KnownPort[];
  readonly hasUnknownPorts?: boolean;
  /** null = endpoints outside the mesh: a ServiceEntry's. */
  readonly members: readonly KnownWorkload[] | null;
  readonly exportTo: readonly string[];
}

/** All that analyzers look up, made once per analysis. */
export class MeshView {
  /** null = files alone: what only a running mesh knows cannot be missing. */
  readonly workloads: readonly KnownWorkload[] | null;
  readonly credentials: ReadonlySet<string>;
  readonly nowMs: number;
  readonly #byKind: ReadonlyMap<string, readonly Resource[]>;
  /** By hostname; several where namespaces have ServiceEntries of their own for it. */
  readonly #services: ReadonlyMap<string, readonly ServiceView[]>;
  readonly #wildcards: readonly ServiceView[];

  constructor(resources: readonly Resource[], known: KnownServices | null) {
    const byKind = new Map<string, Resource[]>();
    for (const resource of resources) {
      const list = byKind.get(resource.kind);
      if (list === undefined) byKind.set(resource.kind, [resource]);
      else list.push(resource);
    }
    this.#byKind = byKind;
    this.workloads = known?.workloads ?? null;
    this.credentials = new Set(known?.credentials ?? []);
    this.nowMs = known?.nowMs ?? 0;
    const services = collectServices(this, known);
    this.#services = services;
    this.#wildcards = [...services.values()].flat().filter(({ hostname }) => isWildcard(hostname));
  }

  /** In the order of age: the first has precedence. */
  of<Kind extends keyof SpecOf>(kind: Kind): readonly Resource<SpecOf[Kind]>[] {
    return (this.#byKind.get(kind) ?? []) as readonly Resource<SpecOf[Kind]>[];
  }

  find<Kind extends keyof SpecOf>(kind: Kind, namespace: string, name: string) {
    return this.of(kind).find((resource) => resource.name === name && resource.namespace === namespace);
  }

  /** The service that a full host name means to rules of a namespace. */
  findService(host: string, namespace: string): ServiceView | null {
    const exact = (this.#services.get(host) ?? []).filter((service) => isVisible(service, namespace));
    return (
      exact.find((service) => service.namespace === namespace) ??
      exact[0] ??
      this.#wildcards.find(
        (service) => isSubsetOf(host, service.hostname) && isVisible(service, namespace),
      ) ??
      null
    );
  }

  get services(): Iterable<ServiceView> {
    return [...this.#services.values()].flat();
  }

  /** A host can be found missing only if the services are known. */
  get knowsServices(): boolean {
    return this.workloads !== null;
  }

  /** Workloads that a selector means; an empty selector means all. `namespace` null = of any. */
  select(selector: Labels | undefined, namespace: string | null): readonly KnownWorkload[] {
    return (this.workloads ?? []).filter(
      (workload) =>
        (namespace === null || workload.namespace === namespace) &&
        matchesLabels(selector ?? {}, workload.labels),
    );
  }

  get namespaces(): ReadonlySet<string> {
    return new Set([
      DEFAULT_NAMESPACE,
      ROOT_NAMESPACE,
      ...(this.workloads ?? []).map(({ namespace }) => namespace),
      ...[...this.services].map(({ namespace }) => namespace),
    ]);
  }
}

function isVisible({ exportTo, namespace: own }: ServiceView, namespace: string): boolean {
  return exportTo.some(
    (target) => target === '*' || target === namespace || (target === '.' && own === namespace),
  );
}

/** Nothing said means the mesh's default, which is everybody. */
const orEverybody = (exportTo: readonly string[] | undefined) =>
  exportTo === undefined || exportTo.length === 0 ? ['*'] : exportTo;

function collectServices(view: MeshView, known: KnownServices | null): Map<string, ServiceView[]> {
  const services = new Map<string, ServiceView[]>();
  const workloads = new Map(known?.workloads.map((workload) => [workload.id, workload]));
  for (const service of known?.services ?? []) services.set(service.hostname, [viewOf(service, workloads)]);
  for (const { name, namespace, spec, annotations } of view.of('Service')) {
    const hostname = serviceHostname(name, namespace);
    const hasSelector = Object.keys(spec.selector ?? {}).length > 0;
    const service: ServiceView = {
      hostname,
      namespace,
      ports: (spec.ports ?? []).map(({ port = 0, targetPort }) => ({
        number: port,
        targetPort: Number(targetPort ?? port),
      })),
      members: hasSelector ? view.select(spec.selector, namespace) : [],
      exportTo: (annotations['networking.istio.io/exportTo'] ?? '*').split(',').map((text) => text.trim()),
    };
    services.set(hostname, [service]);
  }
  for (const { namespace, spec } of view.of('ServiceEntry')) {
    for (const host of spec.hosts ?? []) {
      const hostname = host.toLowerCase();
      const ports = (spec.ports ?? []).map(({ number = 0 }) => ({ number }));
      const others = services.get(hostname) ?? [];
      // A container's service has precedence over a ServiceEntry for its name.
      if (others.some(({ members }) => members !== null)) continue;
      // Several entries of one namespace are one service with the ports of all.
      const same = others.find((other) => other.namespace === namespace);
      const entry: ServiceView =
        same === undefined
          ? { hostname, namespace, ports, members: null, exportTo: orEverybody(spec.exportTo) }
          : { ...same, ports: joinPorts(same.ports, ports) };
      services.set(
        hostname,
        same === undefined ? [...others, entry] : others.map((other) => (other === same ? entry : other)),
      );
    }
  }
  return services;
}

function joinPorts(first: readonly KnownPort[], more: readonly KnownPort[]): KnownPort[] {
  const known = new Set(first.map(({ number }) => number));
  return [...first, ...more.filter(({ number }) => !known.has(number))];
}

function viewOf(service: KnownService, workloads: ReadonlyMap<string, KnownWorkload>): ServiceView {
  return {
    hostname: service.hostname,
    namespace: service.namespace ?? service.hostname.split('.')[1] ?? '',
    ports: service.ports,
    hasUnknownPorts: service.hasUnknownPorts ?? false,
    members: service.external === undefined ? service.members.flatMap((id) => workloads.get(id) ?? []) : null,
    exportTo: orEverybody(service.exportTo),
  };
}
