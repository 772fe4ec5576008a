import { PORT } from '../../model/ports.ts';
import type { Workload } from '../compile/world.ts';

/** One group of Prometheus' HTTP service discovery (prometheus.io "http_sd"). */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * All that is to be scraped, for one job: each proxy with what its application has of its own, and the controller. Labels
 * have the names that Istio's jobs give by relabelling.
 * @param controller its address, as its reader reached it
 * @param networks of the controller: of several addresses the one is taken that Prometheus, which reached it, can reach
 */
export function scrapeTargets(
  workloads: readonly Workload[],
  controller: string,
  networks: ReadonlySet<string>,
): TargetGroup[] {
  const proxies = workloads.filter(({ proxy, addresses }) => proxy !== null && addresses.length > 0);
  return [
    {
      targets: [`${controller}:${PORT.controllerAdmin}`],
      labels: {
        __metrics_path__: '/metrics',
        app: 'istiod',
        namespace: 'istio-system',
        pod: 'lateen-controller',
      },
    },
    ...proxies.map((workload): TargetGroup => {
      const { name, namespace, labels, addresses } = workload;
      const reachable = addresses.find(({ network }) => networks.has(network)) ?? addresses[0];
      return {
        targets: [`${reachable?.address ?? ''}:${PORT.agentStatus}`],
        labels: {
          __metrics_path__: '/stats/prometheus',
          app: labels.app || workload.workload,
          ...(labels.version !== undefined && { version: labels.version }),
          ...{ namespace, workload: workload.workload, pod: name, container: 'istio-proxy' },
        },
      };
    }),
  ];
}
