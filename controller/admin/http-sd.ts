import { PORT } from '../../model/ports.ts';
import { applicationMetrics, mergesMetrics } from '../compile/telemetry/application-metrics.ts';
import type { World } from '../compile/world.ts';

/** One group of Prometheus' HTTP service discovery (prometheus.io "http_sd"). */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * All that is to be scraped, for one job: each proxy with what its application has of its own (beside it, where they are
 * not merged), and the controller. Labels
 * have the names that Istio's jobs give by relabelling.
 * @param controller its address, as its reader reached it
 * @param networks of the controller: of several addresses the one is taken that Prometheus, which reached it, can reach
 */
export function scrapeTargets(
  { workloads, mesh }: Pick<World, 'workloads' | 'mesh'>,
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
    ...proxies.flatMap((workload): TargetGroup[] => {
      const { name, namespace, labels, addresses } = workload;
      const reachable = addresses.find(({ network }) => networks.has(network)) ?? addresses[0];
      const address = reachable?.address ?? '';
      const known = {
        app: labels.app || workload.workload,
        ...(labels.version !== undefined && { version: labels.version }),
        ...{ namespace, workload: workload.workload, pod: name },
      };
      const own = mergesMetrics(mesh, workload) ? null : applicationMetrics(workload);
      return [
        targetGroup(`${address}:${PORT.agentStatus}`, '/stats/prometheus', {
          ...known,
          container: 'istio-proxy',
        }),
        ...(own === null ? [] : [targetGroup(`${address}:${own.port}`, own.path, known)]),
      ];
    }),
  ];
}

function targetGroup(target: string, path: string, labels: Readonly<Record<string, string>>): TargetGroup {
  return { targets: [target], labels: { __metrics_path__: path, ...labels } };
}
