import { resolveShortName } from '../../../istio/host.ts';
import type { Resource } from '../../../istio/resource.ts';
import type {
  Destination,
  HttpMatch,
  HttpRoute,
  VirtualServiceSpec,
} from '../../../istio/schema/virtual-service.ts';
import { type Labels, matchesLabels } from '../../../model/labels.ts';
import { MESH_GATEWAY, outboundClusterName } from '../../../model/names.ts';
import type {
  DirectResponseActionSpec,
  MirrorSpec,
  RetrySpec,
  RewriteSpec,
  RouteActionSpec,
  RouteMatchSpec,
  RouteSpec,
  WeightedClusterSpec,
} from '../../../model/route.ts';
import { ruleId } from '../../../model/rule-id.ts';
import { resolveGateway } from '../gateway/gateway-names.ts';
import type { Service } from '../world.ts';
import { compileCache } from './cache.ts';
import type { HttpRule } from './delegates.ts';
import { compileHeaders } from './header-ops.ts';
import { compileHttpMatch, MATCH_ALL } from './http-match.ts';
import {
  compileCors,
  compileFault,
  compileRedirect,
  compileRetry,
  milliseconds,
  perMillion,
} from './http-policies.ts';
import { callersTest, exactWeights, withMark } from './test-traffic.ts';

/** For whom a VirtualService is compiled: decides its static conditions and the ports of its destinations. */
export interface RouteContext {
  /** `mesh`, or `namespace/name` of the Gateway. */
  readonly gateway: string;
  readonly namespace: string;
  readonly labels: Labels;
  /** The port that the caller addressed. */
  readonly port: number;
  /** A gateway ends TLS there. */
  readonly isTls?: boolean;
  /** For rules without `retries`. */
  readonly defaultRetry: RetrySpec | null;
  /** Annotations for tests have an effect. */
  readonly isTest: boolean;
  findService(hostname: string): Service | undefined;
  /** With those of its delegates. */
  rulesOf(resource: Resource<VirtualServiceSpec>): readonly HttpRule[];
}

/**
 * The routes of one VirtualService, in order: one for each match, since matches of a rule are alternatives. Ends at
 * the first that matches everything. Empty where every rule's static conditions exclude this proxy.
 */
export function compileHttpRoutes(
  resource: Resource<VirtualServiceSpec>,
  context: RouteContext,
): RouteSpec[] {
  const routes: RouteSpec[] = [];
  for (const rule of context.rulesOf(resource)) {
    const matches = rule.rule.match ?? [];
    if (matches.length === 0) {
      pushRoute(routes, compileRoute(resource, rule, null, context));
      return routes;
    }
    for (const match of matches) {
      if (!appliesTo(match, context, resource.namespace)) continue;
      const route = compileRoute(resource, rule, match, context);
      pushRoute(routes, route);
      if (route !== null && isCatchAll(route)) return routes;
    }
  }
  return routes;
}

function pushRoute(routes: RouteSpec[], route: RouteSpec | null): void {
  if (route !== null) routes.push(route);
}

/** `gateways` of a match makes its source conditions ineffective (ISTIO.md §1.2). */
function appliesTo(match: HttpMatch | null, context: RouteContext, namespace: string): boolean {
  if (match === null) return true;
  if (match.port !== undefined && match.port !== 0 && match.port !== context.port) return false;
  if (match.gateways !== undefined && match.gateways.length > 0) {
    return match.gateways.some((gateway) => resolveGateway(gateway, namespace) === context.gateway);
  }
  if (
    match.sourceNamespace !== undefined &&
    match.sourceNamespace !== '' &&
    match.sourceNamespace !== context.namespace
  ) {
    return false;
  }
  return matchesLabels(match.sourceLabels ?? {}, context.labels);
}

/** Prefix exactly `/` or regex exactly `.*`, and no other condition (Istio's isCatchAllRoute). */
export function isCatchAll({ match }: RouteSpec): boolean {
  if (match.headers.length + match.queryParams.length > 0) return false;
  const { path } = match;
  if (path === null) return true;
  return (path.kind === 'prefix' && path.value === '/') || (path.kind === 'regex' && path.value === '.*');
}

function compileRoute(
  resource: Resource<VirtualServiceSpec>,
  httpRule: HttpRule,
  match: HttpMatch | null,
  context: RouteContext,
): RouteSpec | null {
  const { rule, source, index } = httpRule;
  // A delegate that delegates again: Istio goes down one level only.
  if (rule.delegate !== undefined) return null;
  const matchSpec = match === null ? MATCH_ALL : compileHttpMatch(match);
  const headers = compileHeaders(rule.headers);
  const action = compileAction(resource, httpRule, matchSpec, headers.authority, context);
  const test = context.isTest ? callersTest(httpRule) : { fault: compileFault(rule.fault), mark: null };
  return {
    name: routeName(rule.name, match?.name),
    match: matchSpec,
    action,
    requestHeaders: withMark(headers.request, test.mark),
    responseHeaders: headers.response,
    fault: test.fault,
    // Without effect where the proxy answers itself (ISTIO.md, correction 8).
    cors: action.kind === 'route' ? compileCors(rule.corsPolicy) : null,
    cache:
      action.kind === 'route'
        ? compileCache(resource, httpRule, match, context.gateway, servicesOf(rule, resource, context))
        : null,
    decorator: action.kind === 'route' ? decorator(action, matchSpec, resource.name, context.port) : '',
    rule: ruleId(source, `http[${index}]`),
  };
}

function servicesOf(rule: HttpRoute, { namespace }: Resource, context: RouteContext) {
  return (rule.route ?? []).map(({ destination }) =>
    context.findService(resolveShortName(destination?.host ?? '', namespace)),
  );
}

/** A name of the match alone leaves the dot in front of it, as in Istio's logs. */
function routeName(rule = '', match = ''): string {
  return match === '' ? rule : `${rule}.${match}`;
}

function compileAction(
  resource: Resource<VirtualServiceSpec>,
  httpRule: HttpRule,
  match: RouteMatchSpec,
  authority: string | null,
  context: RouteContext,
): RouteSpec['action'] {
  const { rule } = httpRule;
  if (rule.redirect !== undefined)
    return compileRedirect(rule.redirect, context.port, context.isTls === true ? 'https' : 'http');
  if (rule.directResponse !== undefined) return compileDirectResponse(rule.directResponse);
  return {
    kind: 'route',
    clusters: (rule.route ?? []).map((entry): WeightedClusterSpec => {
      const headers = compileHeaders(entry.headers);
      return {
        name: clusterOf(entry.destination ?? {}, resource.namespace, context),
        weight: entry.weight ?? 0,
        requestHeaders: headers.request,
        responseHeaders: headers.response,
        authority: headers.authority,
      };
    }),
    timeoutMs: milliseconds(rule.timeout),
    retry: rule.retries === undefined ? context.defaultRetry : compileRetry(rule.retries),
    rewrite: compileRewrite(rule, match, authority),
    mirrors: compileMirrors(rule, resource.namespace, context),
    hash: [],
    ...(context.isTest && exactWeights(httpRule)),
  };
}

function compileDirectResponse(response: NonNullable<HttpRoute['directResponse']>): DirectResponseActionSpec {
  const { body } = response;
  return {
    kind: 'direct',
    status: response.status ?? 200,
    bodyBase64: body?.bytes ?? Buffer.from(body?.string ?? '', 'utf8').toString('base64'),
  };
}

/** Only a prefix match is replaced in part; exact and regex matches replace the whole path. */
function compileRewrite(
  rule: HttpRoute,
  match: RouteMatchSpec,
  authority: string | null,
): RewriteSpec | null {
  const { rewrite } = rule;
  // An empty text is as if it were not there (proto3).
  const host = rewrite?.authority || authority;
  let path: RewriteSpec['path'] = null;
  if (rewrite?.uri !== undefined && rewrite.uri !== '')
    path = { kind: match.path?.kind === 'prefix' ? 'prefix' : 'full', value: rewrite.uri };
  else if (rewrite?.uriRegexRewrite !== undefined) {
    const { match: pattern = '', rewrite: substitution = '' } = rewrite.uriRegexRewrite;
    path = { kind: 'regex', pattern, substitution };
  }
  return path === null && host === null ? null : { path, authority: host };
}

/** The cluster's name is made even if there is no such service: the request then fails with 503 NC, as in Istio. */
export function clusterOf(destination: Destination, namespace: string, context: RouteContext): string {
  const hostname = resolveShortName(destination.host ?? '', namespace);
  const port = destination.port?.number ?? defaultPort(hostname, context);
  return outboundClusterName(port, destination.subset ?? '', hostname);
}

/** In the mesh the port that was called; at a gateway the service's only port, if it has but one. */
function defaultPort(hostname: string, context: RouteContext): number {
  if (context.gateway === MESH_GATEWAY) return context.port;
  const ports = context.findService(hostname)?.ports ?? [];
  return ports.length === 1 ? (ports[0]?.number ?? context.port) : context.port;
}

function compileMirrors(rule: HttpRoute, namespace: string, context: RouteContext): MirrorSpec[] {
  const all = 1_000_000;
  const several = (rule.mirrors ?? []).map(({ destination, percentage }) => ({
    cluster: clusterOf(destination ?? {}, namespace, context),
    perMillion: percentage === undefined ? all : perMillion(percentage.value),
  }));
  // Both can be there only where a delegate has one and its root the other.
  if (rule.mirror === undefined) return several;
  const percent =
    rule.mirrorPercentage === undefined ? rule.mirrorPercent : (rule.mirrorPercentage.value ?? 0);
  const one = { cluster: clusterOf(rule.mirror, namespace, context), perMillion: perMillion(percent, all) };
  return [one, ...several];
}

/** Istio's GetRouteOperation: the destination and path that a trace names; the rule's name where there are several. */
export function decorator(
  action: RouteActionSpec,
  match: RouteMatchSpec,
  name: string,
  port: number,
): string {
  const path = match.path;
  const suffix = path === null ? '/*' : path.kind === 'prefix' ? `${path.value}*` : path.value;
  const [first] = action.clusters;
  if (action.clusters.length !== 1 || first === undefined) return `${name}:${port}${suffix}`;
  const [, clusterPort, , hostname] = first.name.split('|');
  return hostname === undefined ? '' : `${hostname}:${clusterPort}${suffix}`;
}
