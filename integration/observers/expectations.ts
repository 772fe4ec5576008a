/** What the dashboards that come with Istio ask Prometheus, in their functions and labels. */
export function askedByIstio(): string[] {
  const callers = 'reporter=~"source|waypoint"';
  const window = '[1m]';
  const joined = (query: string) =>
    `label_join(${query}, "destination_workload_var", ".", "destination_workload", "destination_workload_namespace")`;
  const quantile = (share: number, labels: string, by: string) =>
    `histogram_quantile(${share}, sum(rate(istio_request_duration_milliseconds_bucket{${labels}}${window})) by (${by}))`;
  const byWorkload = 'destination_workload, destination_workload_namespace';
  const requests = (labels: string) => `rate(istio_requests_total{${labels}}${window})`;
  const service = 'destination_service=~"shop.default.svc.cluster.local"';
  return [
    `round(sum(irate(istio_requests_total{${callers}}${window})), 0.001)`,
    `sum(${requests(`${callers}, response_code!~"5.."`)}) / sum(${requests(callers)})`,
    `sum(${requests(`${callers}, response_code=~"4.."`)}) or vector(0)`,
    joined(`sum(${requests(callers)}) by (${byWorkload}, destination_service)`),
    ...[0.5, 0.9, 0.99].map((share) => joined(quantile(share, callers, `le, ${byWorkload}`))),
    ...['received', 'sent'].map((way) =>
      joined(
        `sum(rate(istio_tcp_${way}_bytes_total{${callers}}${window})) by (${byWorkload}, destination_service)`,
      ),
    ),
    ...['mutual_tls', 'unknown'].flatMap((policy) => {
      const reporter = policy === 'unknown' ? 'source' : 'destination';
      const labels = `connection_security_policy="${policy}", reporter="${reporter}", ${service}`;
      return [
        `round(sum(${requests(labels)}) by (source_workload, source_workload_namespace, response_code), 0.001)`,
        quantile(0.95, labels, 'source_workload, source_workload_namespace, le'),
        `sum(rate(istio_response_bytes_bucket{${labels}}${window})) by (source_workload, le)`,
      ];
    }),
    `sum(${requests(`reporter="destination", ${service}, response_code!~"5.*"`)}) by (destination_version)`,
    `sum(rate(istio_request_messages_total{reporter="source"}${window})) by (destination_service_name)`,
    `sum(istio_build) by (component, tag)`,
    `sum(irate(pilot_xds_pushes${window})) by (type)`,
    `sum(pilot_total_xds_rejects) by (type)`,
    `histogram_quantile(0.99, sum(rate(pilot_proxy_convergence_time_bucket${window})) by (le)) or vector(0)`,
    `sum(rate(pilot_xds_push_time_bucket${window})) by (le)`,
    'sum(pilot_xds)',
    'process_resident_memory_bytes{app="istiod"}',
    `irate(process_cpu_seconds_total{app="istiod"}${window})`,
  ];
}

/** promtool's remarks on names that people know from Istio and Envoy, and that stay for that reason. */
export function forcedRemark(remark: string): boolean {
  const isEnvoys =
    /^envoy_\S+ ((counter metrics should have|non-counter metrics should not have) "_total"|use base unit)/;
  const isPilots =
    /^(pilot|citadel_server)_\S+ (counter|non-histogram and non-summary) metrics should .* suffix$/;
  const isIstios = /^istio_request_duration_milliseconds use base unit "seconds" instead of "milliseconds"$/;
  return isEnvoys.test(remark) || isPilots.test(remark) || isIstios.test(remark);
}
