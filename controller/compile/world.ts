import type { CacheLimits } from '../../istio/cache-annotation.ts';
import type { MeshConfig } from '../../istio/mesh-config.ts';
import type { Resource } from '../../istio/resource.ts';
import type { Labels } from '../../model/labels.ts';

/**
 * All that the compiler knows, at one moment. Immutable: a change makes a new World that shares what stayed the same
 * by reference, so caches may be keyed by identity.
 */
export interface World {
  readonly meshId: string;
  readonly mesh: MeshConfig;
  /** Sorted by id. */
  readonly workloads: readonly Workload[];
  /** Sorted by hostname; hostnames are unique. */
  readonly services: readonly Service[];
  /** Valid Istio documents in the order of precedence (ISTIO.md, "age"): the first wins. */
  readonly resources: readonly Resource[];
  /** JSON Web Key Sets by where they were fetched; absent = none was. */
  readonly jwks?: ReadonlyMap<string, string>;
  /** A mesh of tests; absent = it is none, and annotations for tests have no effect. */
  readonly isTest?: boolean;
}

/** One container, in the mesh or not. */
export interface Workload {
  /** Container id (or a stable name in tests). */
  readonly id: string;
  /** Container name; unique in the mesh. */
  readonly name: string;
  /** When the container was started; absent = not known. */
  readonly startedAt?: string;
  /** Istio's workload name: the compose service, else the container's name. */
  readonly workload: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  readonly addresses: readonly NetworkAddress[];
  /** `starting` = HEALTHCHECK not yet passed; `failing` = its agent's active check fails; `draining` = told to stop. */
  readonly health: 'ready' | 'starting' | 'failing' | 'unhealthy' | 'draining';
  /** Ports that its application listens on, by its agent's word; null = not known, and none counts as closed. */
  readonly openPorts: readonly number[] | null;
  readonly proxy: 'sidecar' | 'gateway' | null;
  /** `region/zone/subzone`, '' = unknown. */
  readonly locality: string;
}

export interface NetworkAddress {
  /** Docker network id (or any stable name): two workloads reach each other on a network that both have. */
  readonly network: string;
  readonly address: string;
}

export interface Service {
  readonly hostname: string;
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly ServicePort[];
  /** Stable virtual addresses; a headless service has none. */
  readonly vips: readonly string[];
  readonly headless: boolean;
  /** Ids of the workloads behind it, sorted. */
  readonly members: readonly string[];
  /**
   * Docker's own name server answers `name` with exactly these workloads (a service that is one compose service):
   * the short name is passed through. Its containers' addresses then mean this service as original destinations.
   */
  readonly isDockerName: boolean;
  /** Who may see it: `*`, namespaces, `.` or `~` (nobody); empty = the mesh's default. */
  readonly exportTo: readonly string[];
  /** Where else its hosts are, of a ServiceEntry; `name` is then the hostname, and `vips` may hold ranges. */
  readonly external?: ExternalHosts;
  /** ServiceEntries of other namespaces for the same hostname, in order of age: who sees which is their exportTo's. */
  readonly rivals?: readonly Service[];
  /** Other names that mean it: Services of type ExternalName. */
  readonly aliases?: readonly ServiceAlias[];
}

export interface ServiceAlias {
  readonly hostname: string;
  readonly name: string;
  readonly namespace: string;
}

export interface ExternalHosts {
  /**
   * `NONE`: where the call was going. `STATIC`: at the endpoints. `DYNAMIC_DNS`: where the name leads that a call asks
   * for. The others look the names of endpoints up.
   */
  readonly resolution: 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS';
  /** `MESH_EXTERNAL` = no workloads of the mesh: no mutual TLS, and no workload in metrics. */
  readonly location: 'MESH_EXTERNAL' | 'MESH_INTERNAL';
  readonly endpoints: readonly ExternalEndpoint[];
  /** Of certificates, where a DestinationRule asks for TLS and names none. */
  readonly subjectAltNames: readonly string[];
  /** Its annotation; absent = none. */
  readonly cache?: KeptAnswers | null;
  /** Where `vips` are from; `none` = the entry wants no address of the mesh. */
  readonly address: 'own' | 'automatic' | 'none';
}

/** A document asks that answers be kept. */
export interface KeptAnswers extends CacheLimits {
  /** `ServiceEntry/default/api`. */
  readonly store: string;
}

export interface ExternalEndpoint {
  /** IP address, or a name with the DNS resolutions. */
  readonly address: string;
  /** Name of a service port → port here, where it is another than the target port. */
  readonly ports: Readonly<Record<string, number>>;
  /** Numbers of the service's ports that it serves: those of its own entry. */
  readonly servicePorts: readonly number[];
  readonly labels: Labels;
  readonly weight: number;
  readonly locality: string;
}

/** `auto` = detected by the first bytes. UDP ports are listed and never captured. */
export type PortProtocol = 'http' | 'http2' | 'grpc' | 'grpc-web' | 'https' | 'tls' | 'tcp' | 'udp' | 'auto';

export interface ServicePort {
  readonly name: string;
  readonly number: number;
  readonly targetPort: number;
  readonly protocol: PortProtocol;
}
