import type { MirrorSpec } from '../../model/route.ts';
import type { Cluster } from '../upstream/cluster.ts';

/** Where copies of a route's requests go. */
export interface Mirror {
  readonly cluster: Cluster;
  readonly perMillion: number;
}

const NONE: readonly Mirror[] = [];

/** A mirror to a cluster that does not exist is no mirror. */
export function createMirrors(
  specs: readonly MirrorSpec[],
  clusters: ReadonlyMap<string, Cluster>,
): readonly Mirror[] {
  if (specs.length === 0) return NONE;
  return specs.flatMap(({ cluster: name, perMillion }) => {
    const cluster = clusters.get(name);
    return cluster === undefined || perMillion === 0 ? [] : [{ cluster, perMillion }];
  });
}
