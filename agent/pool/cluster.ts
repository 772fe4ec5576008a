/** The cluster of `agent/http/route-entry.ts`; everything else takes it from where it is made. */
export type { Cluster } from '../upstream/cluster.ts';
