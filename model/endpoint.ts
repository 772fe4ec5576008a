/** The hosts of a cluster, as one proxy can reach them. */
export interface EndpointsSpec {
  /** Usually the cluster's own name. */
  readonly name: string;
  readonly endpoints: readonly EndpointSpec[];
  /** Shares of localities (`localityLbSetting.distribute`); null = localities mean nothing within a priority. */
  readonly localityWeights: Readonly<Record<string, number>> | null;
}

export interface EndpointSpec {
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /**
   * `draining` and `unhealthy` get no new requests; they are listed so that a dump shows them. `failing` = its active
   * health check fails: as one that is ejected, it counts among the hosts.
   */
  readonly health: 'healthy' | 'failing' | 'unhealthy' | 'draining';
  /** `region/zone/subzone`, '' = unknown. */
  readonly locality: string;
  /** 0 = first choice (locality failover). */
  readonly priority: number;
  /** Name of a workload resource, '' = none. */
  readonly workload: string;
  /** Differs from start to start of the same container, which may get its old address again; absent = not known. */
  readonly instance?: string;
  /** The endpoint's proxy speaks mutual TLS of the mesh. */
  readonly mutualTls: boolean;
}
