import type { MirrorSpec } from '../../model/route.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { MAX_KEPT_BYTES } from './body-buffer.ts';

/** Where copies of a route's requests go, with what is under way there. */
export class Mirror {
  readonly cluster: Cluster;
  readonly perMillion: number;
  #copies = 0;
  #bytes = 0;

  constructor(cluster: Cluster, perMillion: number) {
    this.cluster = cluster;
    this.perMillion = perMillion;
  }

  /** Whether one more copy may be under way; if so it counts until {@link leave}. */
  enter(bytes: number): boolean {
    if (this.#copies >= MAX_COPIES || this.#bytes + bytes > MAX_COPIED_BYTES) return false;
    this.#copies += 1;
    this.#bytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#copies -= 1;
    this.#bytes -= bytes;
  }
}

/** Envoy's default for requests under way to one cluster; Istio lifts it for those that somebody waits for. */
const MAX_COPIES = 1024;
const MAX_COPIED_BYTES = 16 * MAX_KEPT_BYTES;

const NONE: readonly Mirror[] = [];

/** A mirror to a cluster that does not exist is no mirror. */
export function createMirrors(
  specs: readonly MirrorSpec[],
  clusters: ReadonlyMap<string, Cluster>,
): readonly Mirror[] {
  if (specs.length === 0) return NONE;
  return specs.flatMap(({ cluster: name, perMillion }) => {
    const cluster = clusters.get(name);
    return cluster === undefined || perMillion === 0 ? [] : [new Mirror(cluster, perMillion)];
  });
}
