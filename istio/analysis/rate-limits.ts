import { BUILT_IN_RATE_LIMIT_CLUSTER, parseClusterName } from '../../model/names.ts';
import { type RateLimitPatch, readRateLimitPatches } from '../envoy/rate-limit-patches.ts';
import type { FieldPath } from '../field-path.ts';
import { resolveShortName } from '../host.ts';
import { readRateLimitConfigs } from '../rate-limit-config.ts';
import type { Resource } from '../resource.ts';
import type { MeshView } from './mesh-view.ts';
import { checkSelected } from './policies.ts';
import type { Report } from './report.ts';

/** Limits for nobody (IST0127), limits whose service is not there (LAT0207), and such that no filter reads (LAT0208). */
export function checkRateLimits(view: MeshView, report: Report): void {
  if (view.workloads === null) return;
  for (const limit of view.of('RateLimit')) {
    checkSelected(limit, limit.spec.selector?.matchLabels, ['spec', 'selector'], view, report);
    const { service = '', port = 0 } = limit.spec.provider ?? {};
    if (service === '') continue;
    const host = resolveShortName(service, limit.namespace);
    checkService({ limit, path: ['spec', 'provider', 'service'], host, port }, view, report);
  }
  const domains = configuredDomains(view);
  const filters = view.of('EnvoyFilter').map((limit) => ({ limit, ...readRateLimitPatches(limit.spec) }));
  const isFilter = ({ kind }: RateLimitPatch) => kind === 'local-filter' || kind === 'global-filter';
  const hasFilter = filters.some(({ patches }) => patches.some(isFilter));
  for (const { limit, patches } of filters) {
    if (patches.length === 0) continue;
    if (!hasFilter) tellNoFilter(limit, patches, report);
    checkSelected(limit, limit.spec.workloadSelector?.labels, ['spec', 'workloadSelector'], view, report);
    for (const patch of patches) {
      if (patch.kind !== 'global-filter' || domains.has(patch.config.domain ?? '')) continue;
      const grpc = patch.config.rate_limit_service?.grpc_service?.envoy_grpc;
      const { hostname: host = '', port = 0 } = parseClusterName(grpc?.cluster_name ?? '') ?? {};
      const at = ['rate_limit_service', 'grpc_service', 'envoy_grpc', 'cluster_name'];
      const path = ['spec', ...patch.path, ...at];
      if (grpc?.cluster_name === BUILT_IN_RATE_LIMIT_CLUSTER)
        tellNoLimits(limit, path, patch.config.domain, report);
      else checkService({ limit, path, host, port }, view, report);
    }
  }
}

/** What is said of routes is for a filter that an HTTP_FILTER patch puts in. */
function tellNoFilter(limit: Resource, [patch]: readonly RateLimitPatch[], report: Report): void {
  report.warn(
    limit,
    'LAT0208',
    ['spec', 'configPatches', patch?.index ?? 0],
    'no EnvoyFilter puts a rate limit filter in: nothing is limited',
    'Add a patch of HTTP_FILTER with envoy.filters.http.local_ratelimit or envoy.filters.http.ratelimit.',
  );
}

function configuredDomains(view: MeshView): Set<string> {
  const configs = view.of('ConfigMap').flatMap(({ spec }) => readRateLimitConfigs(spec.data ?? {}));
  return new Set(configs.flatMap(({ config }) => config?.domain ?? []));
}

function tellNoLimits(limit: Resource, path: FieldPath, domain: string | undefined, report: Report): void {
  const message = `no ConfigMap has limits for the domain "${domain}": nothing is limited`;
  report.warn(limit, 'LAT0207', path, message, 'Write one in the format of envoyproxy/ratelimit.');
}

interface AskedService {
  readonly limit: Resource;
  readonly path: FieldPath;
  readonly host: string;
  readonly port: number;
}

function checkService({ limit, path, host, port }: AskedService, view: MeshView, report: Report): void {
  const service = view.findService(host, limit.namespace);
  const hasPort =
    service !== null &&
    (service.hasUnknownPorts === true || service.ports.some(({ number }) => number === port));
  if (hasPort) return;
  const what = service === null ? `${host} is not there` : `${host} has no port ${port}`;
  report.warn(
    limit,
    'LAT0207',
    path,
    `${what}: what it would count passes, or is refused where that is said`,
    `Known services: ${[...view.services].map(({ hostname }) => hostname).join(', ')}.`,
  );
}
