import { RATE_LIMIT_SOCKET } from '../../../model/agent-container.ts';
import { BUILT_IN_RATE_LIMIT_CLUSTER } from '../../../model/names.ts';
import type { ClusterWithEndpoints } from '../clusters/clusters.ts';
import { compilePolicy } from '../clusters/traffic-policy.ts';
import type { WorldIndex } from '../world-index.ts';

/** The mesh's own rate limit service: a socket on the volume that the controller shares with its agents. */
export function builtInRateLimitCluster(index: WorldIndex): ClusterWithEndpoints {
  return index.shared.get('rate limit cluster', () => ({
    cluster: {
      ...compilePolicy({}, index.world.mesh),
      name: BUILT_IN_RATE_LIMIT_CLUSTER,
      discovery: { kind: 'endpoints', endpoints: BUILT_IN_RATE_LIMIT_CLUSTER },
      ...{ protocol: 'http2', tls: null, service: null },
    },
    endpoints: {
      name: BUILT_IN_RATE_LIMIT_CLUSTER,
      endpoints: [
        {
          ...{ address: RATE_LIMIT_SOCKET, port: 0, weight: 1, health: 'healthy', locality: '' },
          ...{ priority: 0, workload: '', mutualTls: false },
        },
      ],
      localityWeights: null,
    },
  }));
}
