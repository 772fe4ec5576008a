import type { Controller } from '../controller.ts';
import type { PushHub } from '../push/push-hub.ts';

export interface MetricsDeps {
  readonly controller: Controller;
  readonly hub: PushHub;
  readonly version: string;
}

/** Istio's `pilot_*` names, in Prometheus' text format. */
export function renderMetrics({ controller, hub, version }: MetricsDeps): string {
  const { statuses } = hub;
  const count = (state: string) => statuses.filter((status) => status.state === state).length;
  const resources = controller.world?.resources ?? [];
  const lines = [
    gauge('pilot_info', 'Version of the controller.', 1, `{version="${version}"}`),
    gauge('pilot_xds', 'Connected proxies.', statuses.length),
    gauge('pilot_xds_nacked', 'Proxies that refused their last push.', count('NACKED')),
    gauge('pilot_xds_pending', 'Proxies with an unanswered push.', count('PENDING')),
    gauge('pilot_services', 'Services known to the mesh.', controller.world?.services.length ?? 0),
    gauge(
      'pilot_virt_services',
      'VirtualServices in force.',
      resources.filter(({ kind }) => kind === 'VirtualService').length,
    ),
    gauge(
      'pilot_k8s_cfg_errors',
      'Documents with errors.',
      controller.violationLog.violations.filter(({ severity }) => severity === 'Error').length,
    ),
    gauge('process_resident_memory_bytes', 'Resident memory.', process.memoryUsage.rss()),
  ];
  return lines.join('') + hub.metrics.render();
}

function gauge(name: string, help: string, value: number, labels = ''): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}${labels} ${value}\n`;
}
