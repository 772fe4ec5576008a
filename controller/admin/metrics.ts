import { X509Certificate } from 'node:crypto';
import { type MetricFormat, OPENMETRICS_END, renderFamilies } from '../../base/exposition.ts';
import { Counter, counters, formatLabels, gauges, type MetricFamily } from '../../base/metrics.ts';
import type { Certificates } from '../ca/certificates.ts';
import type { Controller } from '../controller.ts';
import type { PushHub } from '../push/push-hub.ts';

export interface MetricsDeps {
  readonly controller: Controller;
  readonly hub: PushHub;
  readonly version: string;
  readonly certificates: Certificates;
  readonly attached: AttachCounts;
}

/** Agents that were put beside their applications, and tries that failed. */
export interface AttachCounts {
  readonly attached: number;
  readonly failed: number;
}

/** All that the controller counts, under Istio's `pilot_*` names where it has them. */
export function renderMetrics(deps: MetricsDeps, format: MetricFormat): string {
  const { controller, hub, version } = deps;
  const families = [
    ...buildFamilies(version),
    ...proxyFamilies(hub),
    ...worldFamilies(controller),
    ...hub.metrics.families,
    ...controller.metrics.families,
    ...certificateFamilies(deps.certificates),
    ...attachFamilies(deps.attached),
    ...processFamilies(),
  ];
  return renderFamilies(families, format) + (format === 'openmetrics' ? OPENMETRICS_END : '');
}

const one = (value: number, labels: readonly (readonly [string, string])[] = []) => [
  new Counter(formatLabels(labels), value),
];

function buildFamilies(version: string): MetricFamily[] {
  return [
    gauges('pilot_info', 'Version of the controller.', one(1, [['version', version]])),
    gauges(
      'istio_build',
      'Which version runs.',
      one(1, [
        ['component', 'pilot'],
        ['tag', version],
      ]),
    ),
    gauges('istiod_uptime_seconds', 'Time since the start.', one(Math.floor(process.uptime()))),
  ];
}

function proxyFamilies({ statuses }: PushHub): MetricFamily[] {
  const count = (state: string) => one(statuses.filter((status) => status.state === state).length);
  return [
    gauges('pilot_xds', 'Connected proxies.', one(statuses.length)),
    gauges('pilot_xds_nacked', 'Proxies that refused their last push.', count('NACKED')),
    gauges('pilot_xds_pending', 'Proxies with an unanswered push.', count('PENDING')),
  ];
}

function worldFamilies({ world, violationLog }: Controller): MetricFamily[] {
  const { services = [], workloads = [], resources = [] } = world ?? {};
  const proxied = workloads.filter(({ proxy }) => proxy !== null);
  return [
    gauges('pilot_services', 'Services known to the mesh.', one(services.length)),
    gauges(
      'pilot_virt_services',
      'VirtualServices in force.',
      one(resources.filter(({ kind }) => kind === 'VirtualService').length),
    ),
    gauges(
      'pilot_eds_no_instances',
      'Services without a workload.',
      one(services.filter(({ members, external }) => external === undefined && members.length === 0).length),
    ),
    gauges(
      'pilot_endpoint_not_ready',
      'Workloads of the mesh that are not ready.',
      one(proxied.filter(({ health }) => health !== 'ready').length),
    ),
    gauges(
      'pilot_no_ip',
      'Workloads of the mesh without an address.',
      one(proxied.filter(({ addresses }) => addresses.length === 0).length),
    ),
    gauges(
      'pilot_k8s_cfg_errors',
      'Documents with errors.',
      one(violationLog.violations.filter(({ severity }) => severity === 'Error').length),
    ),
  ];
}

function certificateFamilies({ counts, roots }: Certificates): MetricFamily[] {
  const root = readRoot(roots);
  return [
    counters('citadel_server_csr_count', 'Requests for a certificate.', one(counts.requests)),
    counters(
      'citadel_server_success_cert_issuance_count',
      'Certificates that were issued.',
      one(counts.issued),
    ),
    gauges(
      'citadel_server_root_cert_expiry_timestamp',
      'When the root certificate ends, in seconds since 1970.',
      root === null ? [] : one(root.validToDate.getTime() / 1000),
    ),
  ];
}

function readRoot(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    // None yet.
    return null;
  }
}

/** What istiod's webhook does to pods, the controller does to containers. */
function attachFamilies({ attached, failed }: AttachCounts): MetricFamily[] {
  return [
    counters('sidecar_injection_success_total', 'Agents that were put beside an application.', one(attached)),
    counters('sidecar_injection_failure_total', 'Agents that could not be started.', one(failed)),
  ];
}

/** Prometheus' names for what every process has. */
function processFamilies(): MetricFamily[] {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return [
    counters('process_cpu_seconds_total', 'CPU time.', one((user + system) / 1_000_000)),
    gauges('process_resident_memory_bytes', 'Resident memory.', one(rss)),
    gauges('process_start_time_seconds', 'When it started.', one(Math.floor(performance.timeOrigin) / 1000)),
    gauges('nodejs_heap_size_used_bytes', 'Memory of objects.', one(heapUsed)),
  ];
}
