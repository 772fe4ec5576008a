import type { Resource } from '../../../istio/resource.ts';
import {
  BLACK_HOLE_CLUSTER,
  BLOCK_ALL_ROUTE,
  DYNAMIC_DNS_CLUSTER,
  DYNAMIC_DNS_ROUTE,
  outboundClusterName,
} from '../../../model/names.ts';
import type { RetrySpec, RouteSpec, VirtualHostSpec } from '../../../model/route.ts';
import { ruleId } from '../../../model/rule-id.ts';
import type { Service } from '../world.ts';
import { defaultCache } from './cache.ts';
import { MATCH_ALL } from './http-match.ts';
import { decorator } from './http-route.ts';

/** Routes that Istio makes where no VirtualService does. */

export function plainRoute(name: string, cluster: string, retry: RetrySpec | null): RouteSpec {
  return {
    name,
    match: MATCH_ALL,
    action: {
      kind: 'route',
      clusters: [{ name: cluster, weight: 1, requestHeaders: null, responseHeaders: null, authority: null }],
      timeoutMs: 0,
      retry,
      rewrite: null,
      mirrors: [],
      hash: [],
    },
    requestHeaders: null,
    responseHeaders: null,
    fault: null,
    cors: null,
    cache: null,
    decorator: '',
    rule: '',
  };
}

/** Every path of a service to its cluster on that port. */
export function defaultRoute(service: Service, port: number, retry: RetrySpec | null): RouteSpec {
  const route = plainRoute('default', outboundClusterName(port, '', service.hostname), retry);
  return route.action.kind === 'route'
    ? {
        ...route,
        cache: defaultCache(service),
        decorator: decorator(route.action, route.match, service.name, port),
      }
    : route;
}

/** Hosts that nobody knows: passed on to a cluster, usually to where they were going; or refused with 502 (null). */
export function catchAllHost(cluster: string | null): VirtualHostSpec {
  if (cluster !== null) {
    const name = cluster === DYNAMIC_DNS_CLUSTER ? DYNAMIC_DNS_ROUTE : 'allow_any';
    return { name, domains: ['*'], routes: [plainRoute(name, cluster, null)] };
  }
  const route = plainRoute(BLOCK_ALL_ROUTE, BLACK_HOLE_CLUSTER, null);
  return {
    name: BLOCK_ALL_ROUTE,
    domains: ['*'],
    routes: [{ ...route, action: { kind: 'direct', status: 502, bodyBase64: '' } }],
  };
}

/** `servers[index].tls.httpsRedirect`: all that did not come by https, before any rule is looked at. */
export function httpsRedirect(gateway: Resource, index: number): RouteSpec {
  return {
    ...plainRoute('', '', null),
    match: {
      ...MATCH_ALL,
      headers: [
        { name: ':scheme', match: { kind: 'exact', value: 'https' }, invert: true, missingIsEmpty: false },
      ],
    },
    action: {
      ...{ kind: 'redirect', status: 301, scheme: 'https', authority: null, port: null, path: null },
      keepsPort: true,
    },
    rule: ruleId(gateway, `servers[${index}]`),
  };
}
