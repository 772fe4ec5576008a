import type { MeshConfig } from '../../../istio/mesh-config.ts';
import { LABEL } from '../../../model/labels.ts';
import type { NodeSpec } from '../../../model/node.ts';
import { PORT } from '../../../model/ports.ts';
import type { Workload } from '../world.ts';

export interface ApplicationMetrics {
  readonly port: number;
  readonly path: string;
}

const OF_THE_PROXY: ReadonlySet<number> = new Set(Object.values(PORT));

/**
 * Where an application has metrics of its own, by its labels `prometheus.io/scrape: "true"` and so on; null = nowhere.
 * The port is 80 where none is said. A proxy's own port is none: it would be asked for what it is being asked.
 */
export function applicationMetrics({ labels }: Workload): ApplicationMetrics | null {
  if (labels[LABEL.scrape] !== 'true') return null;
  const port = Number(labels[LABEL.scrapePort] ?? 80);
  const path = labels[LABEL.scrapePath] || '/metrics';
  if (!Number.isInteger(port) || port <= 0 || port > 65535 || OF_THE_PROXY.has(port)) return null;
  return { port, path: path.startsWith('/') ? path : `/${path}` };
}

/** Whether the proxy shows them with its own on 15020 (Istio's annotation beats `enablePrometheusMerge`). */
export function mergesMetrics({ mergesMetrics: byDefault }: MeshConfig, { labels }: Workload): boolean {
  const label = labels[LABEL.mergeMetrics];
  return label === 'true' || (byDefault && label !== 'false');
}

export function mergedMetricsOf(mesh: MeshConfig, proxy: Workload): Pick<NodeSpec, 'applicationMetrics'> {
  const metrics = mergesMetrics(mesh, proxy) ? applicationMetrics(proxy) : null;
  return metrics === null ? {} : { applicationMetrics: metrics };
}
