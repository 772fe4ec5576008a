import type { Dashboard, Panel, Query } from './grafana.ts';
import { answeredWell, DURATION, orZero, quantile, rate, requests, sum } from './queries.ts';

/** What Grafana shows of a mesh. Every expression is asked of a real Prometheus (integration/others-look-in.test.ts). */

const graph = (title: string, unit: string, ...queries: readonly Query[]): Panel => ({
  ...{ title, unit, type: 'timeseries', queries },
});
const stat = (title: string, unit: string, expr: string, description = ''): Panel => ({
  ...{ title, unit, type: 'stat', queries: [{ expr }], description },
});

const durations = (labels: string): Query[] =>
  [0.5, 0.9, 0.99].map((share) => ({ expr: quantile(share, DURATION, labels), legend: `p${share * 100}` }));

const SOURCE = 'reporter="source"';
const DESTINATION = 'reporter="destination"';

const MESH: Dashboard = {
  ...{ name: 'mesh', title: 'mesh', variables: [] },
  rows: [
    [
      stat('Requests', 'reqps', requests(SOURCE), 'As callers’ proxies count them.'),
      stat('Answered well', 'percentunit', answeredWell(SOURCE), 'Neither 5xx nor without an answer.'),
      stat('4xx', 'reqps', orZero(requests(`${SOURCE}, response_code=~"4.."`))),
      stat('5xx and no answer', 'reqps', orZero(requests(`${SOURCE}, response_code=~"5..|0"`))),
      stat(
        'Over mutual TLS',
        'percentunit',
        `${requests(`${DESTINATION}, connection_security_policy="mutual_tls"`)} / ${requests(DESTINATION)}`,
        'As the called proxies count them.',
      ),
    ],
    [
      graph('Requests by service', 'reqps', {
        expr: requests(SOURCE, 'destination_service'),
        legend: '{{destination_service}}',
      }),
      graph('Failures by service and why', 'reqps', {
        expr: requests(
          `${SOURCE}, response_code=~"5..|0"`,
          'destination_service',
          'response_code',
          'response_flags',
        ),
        legend: '{{destination_service}} {{response_code}} {{response_flags}}',
      }),
    ],
    [
      graph('90 % were faster, by service', 'ms', {
        expr: quantile(0.9, DURATION, SOURCE, 'destination_service'),
        legend: '{{destination_service}}',
      }),
      graph('Answered well, by service', 'percentunit', {
        expr: answeredWell(SOURCE, 'destination_service'),
        legend: '{{destination_service}}',
      }),
    ],
    [
      graph(
        'TCP bytes by service',
        'Bps',
        {
          expr: sum(rate('istio_tcp_sent_bytes_total', SOURCE), 'destination_service'),
          legend: '{{destination_service}} sent',
        },
        {
          expr: sum(rate('istio_tcp_received_bytes_total', SOURCE), 'destination_service'),
          legend: '{{destination_service}} received',
        },
      ),
      graph(
        'TCP connections by service',
        'short',
        {
          expr: sum(rate('istio_tcp_connections_opened_total', SOURCE), 'destination_service'),
          legend: '{{destination_service}} opened',
        },
        {
          expr: sum(rate('istio_tcp_connections_closed_total', SOURCE), 'destination_service'),
          legend: '{{destination_service}} closed',
        },
      ),
      graph(
        'gRPC messages',
        'short',
        {
          expr: sum(rate('istio_request_messages_total', SOURCE), 'destination_service_name'),
          legend: '{{destination_service_name}} asked',
        },
        {
          expr: sum(rate('istio_response_messages_total', SOURCE), 'destination_service_name'),
          legend: '{{destination_service_name}} answered',
        },
      ),
    ],
    [
      {
        ...{ title: 'Versions', type: 'bargauge', unit: 'short' },
        queries: [{ expr: sum('istio_build', 'component', 'tag'), legend: '{{component}} {{tag}}' }],
      },
      graph('Ejected hosts', 'short', {
        expr: sum('envoy_cluster_outlier_detection_ejections_active', 'cluster_name'),
        legend: '{{cluster_name}}',
      }),
    ],
  ],
};

const OF_SERVICE = 'destination_service="$service"';

const SERVICE: Dashboard = {
  ...{ name: 'service', title: 'service' },
  variables: [
    {
      ...{ name: 'service', label: 'Service' },
      query: 'label_values(istio_requests_total{reporter="destination"}, destination_service)',
    },
  ],
  rows: [
    [
      stat('Requests', 'reqps', requests(`${SOURCE}, ${OF_SERVICE}`)),
      stat('Answered well', 'percentunit', answeredWell(`${SOURCE}, ${OF_SERVICE}`)),
      stat('Half were faster', 'ms', quantile(0.5, DURATION, `${SOURCE}, ${OF_SERVICE}`)),
      stat('99 % were faster', 'ms', quantile(0.99, DURATION, `${SOURCE}, ${OF_SERVICE}`)),
    ],
    [
      graph('Who calls', 'reqps', {
        expr: requests(
          `${DESTINATION}, ${OF_SERVICE}`,
          'source_workload',
          'source_workload_namespace',
          'connection_security_policy',
        ),
        legend: '{{source_workload}}.{{source_workload_namespace}} {{connection_security_policy}}',
      }),
      graph('What was answered', 'reqps', {
        expr: requests(`${SOURCE}, ${OF_SERVICE}`, 'response_code', 'response_flags'),
        legend: '{{response_code}} {{response_flags}}',
      }),
    ],
    [
      graph('How long callers waited', 'ms', ...durations(`${SOURCE}, ${OF_SERVICE}`)),
      graph('How long the service took', 'ms', ...durations(`${DESTINATION}, ${OF_SERVICE}`)),
    ],
    [
      graph('By version', 'reqps', {
        expr: requests(`${DESTINATION}, ${OF_SERVICE}`, 'destination_workload', 'destination_version'),
        legend: '{{destination_workload}} {{destination_version}}',
      }),
      graph(
        'Sizes, nine of ten',
        'bytes',
        {
          expr: quantile(0.9, 'istio_request_bytes', `${DESTINATION}, ${OF_SERVICE}`),
          legend: 'requests',
        },
        {
          expr: quantile(0.9, 'istio_response_bytes', `${DESTINATION}, ${OF_SERVICE}`),
          legend: 'answers',
        },
      ),
    ],
  ],
};

const INBOUND = `${DESTINATION}, destination_workload="$workload", destination_workload_namespace="$namespace"`;
const OUTBOUND = `${SOURCE}, source_workload="$workload", source_workload_namespace="$namespace"`;
const OWN_PROXY = 'namespace="$namespace", workload="$workload"';

const WORKLOAD: Dashboard = {
  ...{ name: 'workload', title: 'workload' },
  variables: [
    {
      ...{ name: 'namespace', label: 'Namespace' },
      query: 'label_values(istio_requests_total{reporter="destination"}, destination_workload_namespace)',
    },
    {
      ...{ name: 'workload', label: 'Workload' },
      query:
        'label_values(istio_requests_total{reporter="destination", destination_workload_namespace="$namespace"}, destination_workload)',
    },
  ],
  rows: [
    [
      stat('Requests in', 'reqps', requests(INBOUND)),
      stat('Answered well', 'percentunit', answeredWell(INBOUND)),
      stat('Requests out', 'reqps', orZero(requests(OUTBOUND))),
      stat('Proxy’s memory', 'bytes', sum(`istio_agent_process_resident_memory_bytes{${OWN_PROXY}}`)),
      stat(
        'Proxy’s CPU',
        'percentunit',
        sum(rate('istio_agent_process_cpu_seconds_total', OWN_PROXY)),
        'Of one core.',
      ),
    ],
    [
      graph('In: who calls, and what is answered', 'reqps', {
        expr: requests(INBOUND, 'source_workload', 'response_code'),
        legend: '{{source_workload}} {{response_code}}',
      }),
      graph('In: how long it took', 'ms', ...durations(INBOUND)),
    ],
    [
      graph('Out: whom it calls, and what is answered', 'reqps', {
        expr: orZero(requests(OUTBOUND, 'destination_service', 'response_code', 'response_flags')),
        legend: '{{destination_service}} {{response_code}} {{response_flags}}',
      }),
      graph(
        'Out: connections and requests under way',
        'short',
        {
          expr: sum(`envoy_cluster_upstream_cx_active{${OWN_PROXY}}`, 'cluster_name'),
          legend: '{{cluster_name}} connections',
        },
        {
          expr: sum(`envoy_cluster_upstream_rq_active{${OWN_PROXY}}`, 'cluster_name'),
          legend: '{{cluster_name}} requests',
        },
      ),
    ],
    [
      graph(
        'Out: retries, timeouts, limits',
        'short',
        ...['upstream_rq_retry', 'upstream_rq_timeout', 'upstream_rq_pending_overflow'].map((name) => ({
          expr: sum(rate(`envoy_cluster_${name}`, OWN_PROXY), 'cluster_name'),
          legend: `{{cluster_name}} ${name}`,
        })),
      ),
      graph('Days until its certificate ends', 'short', {
        expr: `min(envoy_server_days_until_first_cert_expiring{${OWN_PROXY}})`,
        legend: 'days',
      }),
    ],
  ],
};

const CONTROL_PLANE: Dashboard = {
  ...{ name: 'control-plane', title: 'control plane', variables: [] },
  rows: [
    [
      stat('Connected proxies', 'short', sum('pilot_xds')),
      stat('Refused their last push', 'short', sum('pilot_xds_nacked')),
      stat('Documents with errors', 'short', sum('pilot_k8s_cfg_errors')),
      stat('Services', 'short', sum('pilot_services')),
      stat('VirtualServices', 'short', sum('pilot_virt_services')),
      stat('Workloads not ready', 'short', sum('pilot_endpoint_not_ready')),
    ],
    [
      graph(
        'Pushes, and what caused them',
        'short',
        { expr: sum(rate('pilot_xds_pushes')), legend: 'pushes' },
        { expr: sum(rate('pilot_push_triggers'), 'type'), legend: 'change: {{type}}' },
        { expr: sum(rate('pilot_total_xds_rejects')), legend: 'refused' },
      ),
      graph(
        'From a change until a proxy has it',
        's',
        ...[0.5, 0.9, 0.99].map((share) => ({
          expr: quantile(share, 'pilot_proxy_convergence_time', ''),
          legend: `p${share * 100}`,
        })),
      ),
    ],
    [
      stat('Agents attached', 'short', sum('sidecar_injection_success_total')),
      stat('Agents that failed to start', 'short', sum('sidecar_injection_failure_total')),
      stat('Certificates issued', 'short', sum('citadel_server_success_cert_issuance_count')),
      stat('Root certificate ends in', 's', 'min(citadel_server_root_cert_expiry_timestamp - time())'),
    ],
    [
      graph('Controller: CPU', 'percentunit', {
        expr: sum(rate('process_cpu_seconds_total', 'app="istiod"')),
        legend: 'of one core',
      }),
      graph(
        'Controller: memory',
        'bytes',
        { expr: sum('process_resident_memory_bytes{app="istiod"}'), legend: 'resident' },
        { expr: sum('nodejs_heap_size_used_bytes{app="istiod"}'), legend: 'objects' },
      ),
    ],
    [
      graph('All proxies: CPU', 'percentunit', {
        expr: sum(rate('istio_agent_process_cpu_seconds_total'), 'pod'),
        legend: '{{pod}}',
      }),
      graph('All proxies: memory', 'bytes', {
        expr: sum('istio_agent_process_resident_memory_bytes', 'pod'),
        legend: '{{pod}}',
      }),
    ],
  ],
};

export const DASHBOARDS: readonly Dashboard[] = [MESH, SERVICE, WORKLOAD, CONTROL_PLANE];
