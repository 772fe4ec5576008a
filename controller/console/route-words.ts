import type { ClusterSpec } from '../../model/cluster.ts';
import {
  BLACK_HOLE_CLUSTER,
  INBOUND_PASSTHROUGH_CLUSTER,
  PASSTHROUGH_CLUSTER,
  parseClusterName,
} from '../../model/names.ts';
import type {
  DirectResponseActionSpec,
  FaultSpec,
  HeaderMatchSpec,
  HeaderOpsSpec,
  PathMatchSpec,
  QueryParamMatchSpec,
  RedirectActionSpec,
  RouteActionSpec,
  RouteMatchSpec,
  RouteSpec,
  StringMatchSpec,
} from '../../model/route.ts';

/** Compiled routes as people say them. */

/** What a cluster is called in a sentence; `service` of its spec has the short name. */
export type Clusters = ReadonlyMap<string, ClusterSpec>;

/** `prefix /api, header end-user = jason`; 'any'. */
export function matchInWords({ path, headers, queryParams }: RouteMatchSpec): string {
  const parts = [
    ...(path === null || (path.kind === 'prefix' && path.value === '/') ? [] : [pathInWords(path)]),
    ...headers.map(headerInWords),
    ...queryParams.map(({ name, match }: QueryParamMatchSpec) => `query ${name}${valueInWords(match)}`),
  ];
  return parts.length === 0 ? 'any' : parts.join(', ');
}

function pathInWords({ kind, value, ignoreCase }: PathMatchSpec): string {
  const words =
    kind === 'exact' ? `path = ${value}` : kind === 'prefix' ? `prefix ${value}` : `path ~ ${value}`;
  return ignoreCase ? `${words} (any case)` : words;
}

const PSEUDO: Readonly<Record<string, string>> = {
  ':method': 'method',
  ':authority': 'authority',
  ':scheme': 'scheme',
};

function headerInWords({ name, match, invert }: HeaderMatchSpec): string {
  const subject = PSEUDO[name] ?? `header ${name}`;
  if (match.kind === 'present') return invert ? `no ${subject}` : `${subject} is there`;
  return `${invert ? 'not ' : ''}${subject}${valueInWords(match)}`;
}

function valueInWords(match: StringMatchSpec): string {
  switch (match.kind) {
    case 'present':
      return ' is there';
    case 'exact':
      return ` = ${match.value}`;
    case 'prefix':
      return ` begins with ${match.value}`;
    case 'suffix':
      return ` ends with ${match.value}`;
    default:
      return ` ~ ${match.value}`;
  }
}

export function actionInWords(action: RouteSpec['action'], clusters: Clusters): string {
  switch (action.kind) {
    case 'route':
      return destinationsInWords(action.clusters, clusters);
    case 'redirect':
      return redirectInWords(action);
    default:
      return directInWords(action);
  }
}

export function destinationsInWords(
  destinations: readonly { readonly name: string; readonly weight: number }[],
  clusters: Clusters,
): string {
  const sum = destinations.reduce((total, { weight }) => total + weight, 0);
  if (destinations.length === 1) return clusterInWords(destinations[0]?.name ?? '', clusters);
  return destinations
    .map(({ name, weight }) => `${percent(sum === 0 ? 0 : weight / sum)} ${clusterInWords(name, clusters)}`)
    .join(', ');
}

/** `reviews v1`, `reviews.prod v1`, `api.example`, `port 9080 of the application`. */
export function clusterInWords(name: string, clusters: Clusters): string {
  if (name === PASSTHROUGH_CLUSTER || name === INBOUND_PASSTHROUGH_CLUSTER) return 'where the call was going';
  if (name === BLACK_HOLE_CLUSTER) return 'nowhere';
  const parts = parseClusterName(name);
  if (parts === null) return name;
  if (parts.direction === 'inbound') return `port ${parts.port} of the application`;
  const service = clusters.get(name)?.service;
  const own = service?.namespace === 'default' ? service.name : undefined;
  const [short = '', namespace = ''] = parts.hostname.endsWith('.svc.cluster.local')
    ? parts.hostname.split('.')
    : [];
  const called = own ?? (short === '' ? parts.hostname : `${short}.${namespace}`);
  return parts.subset === '' ? called : `${called} ${parts.subset}`;
}

function redirectInWords({ status, scheme, authority, port, path }: RedirectActionSpec): string {
  const host = authority ?? (scheme !== null || port !== null ? 'the same host' : '');
  const target = [
    scheme === null ? '' : `${scheme}://`,
    host,
    port === null ? '' : `:${port}`,
    path === null ? '' : path.kind === 'full' ? path.value : `${path.value} in place of the prefix`,
  ].join('');
  return `redirect ${status} to ${target === '' ? 'the same address' : target}`;
}

function directInWords({ status, bodyBase64 }: DirectResponseActionSpec): string {
  return bodyBase64 === '' ? `answer ${status}` : `answer ${status} with a text`;
}

/** What else a route does. */
export function extrasInWords(route: RouteSpec, clusters: Clusters): string[] {
  const { action, fault, requestHeaders, responseHeaders, cors, cache } = route;
  return [
    ...(action.kind === 'route' ? policiesInWords(action, clusters) : []),
    ...(fault === null ? [] : faultInWords(fault)),
    ...headersInWords('request', requestHeaders),
    ...headersInWords('response', responseHeaders),
    ...(cors === null ? [] : ['CORS']),
    ...(cache === null ? [] : [`kept in ${cache.store}`]),
  ];
}

function policiesInWords(
  { timeoutMs, retry, rewrite, mirrors, hash }: RouteActionSpec,
  clusters: Clusters,
): string[] {
  const extras: string[] = [];
  if (timeoutMs > 0) extras.push(`timeout ${seconds(timeoutMs)}`);
  if (retry !== null && retry.attempts > 0) {
    const each = retry.perTryTimeoutMs > 0 ? `, ${seconds(retry.perTryTimeoutMs)} each` : '';
    const noun = retry.attempts === 1 ? 'retry' : 'retries';
    extras.push(`${retry.attempts} ${noun} on ${[...retry.retryOn, ...retry.statusCodes].join(', ')}${each}`);
  }
  if (rewrite?.path != null) {
    const { path } = rewrite;
    const to = path.kind === 'regex' ? `${path.pattern} → ${path.substitution}` : path.value;
    extras.push(path.kind === 'prefix' ? `prefix becomes ${to}` : `path becomes ${to}`);
  }
  if (rewrite?.authority != null) extras.push(`host becomes ${rewrite.authority}`);
  for (const { cluster, perMillion } of mirrors)
    extras.push(`mirror ${percent(perMillion / 1e6)} to ${clusterInWords(cluster, clusters)}`);
  for (const { kind, name } of hash) extras.push(`same host by ${kind}${name === '' ? '' : ` ${name}`}`);
  return extras;
}

function faultInWords({ delay, abort }: FaultSpec): string[] {
  const extras: string[] = [];
  if (delay !== null)
    extras.push(`fault: ${percent(delay.perMillion / 1e6)} delay ${seconds(delay.fixedMs)}`);
  if (abort !== null) {
    const what = abort.grpcStatus === null ? abort.status : `gRPC ${abort.grpcStatus}`;
    extras.push(`fault: ${percent(abort.perMillion / 1e6)} abort ${what}`);
  }
  return extras;
}

function headersInWords(of: string, edits: HeaderOpsSpec | null): string[] {
  if (edits === null) return [];
  return [
    ...edits.remove.map((name) => `${of} header ${name} removed`),
    ...[...edits.set, ...edits.add].map(([name, value]) => `${of} header ${name}: ${value}`),
  ];
}

function percent(share: number): string {
  return `${Math.round(share * 1e6) / 1e4} %`;
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
