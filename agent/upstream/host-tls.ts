import type { ClusterSpec } from '../../model/cluster.ts';
import type { EndpointSpec } from '../../model/endpoint.ts';

/** A cluster's settings as they hold for one of its hosts: automatic mutual TLS is a matter of each. */
export function specForHost(cluster: ClusterSpec, { mutualTls }: EndpointSpec): ClusterSpec {
  return mutualTls && cluster.autoTls !== undefined ? { ...cluster, tls: cluster.autoTls } : cluster;
}
