import { hostsMatch, isSubsetOf, resolveShortName } from '../../../istio/host.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { GatewayServer, GatewaySpec } from '../../../istio/schema/gateway.ts';
import type { VirtualServiceSpec } from '../../../istio/schema/virtual-service.ts';
import { serviceFor } from '../listeners/sidecar-scope.ts';
import { httpRulesOf } from '../routes/delegates.ts';
import { defaultRetry } from '../routes/http-policies.ts';
import type { RouteContext } from '../routes/http-route.ts';
import { visibleRules } from '../routes/mesh-rules.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { resolveGateway } from './gateway-names.ts';

/** Which VirtualServices and hosts a server of a Gateway has. */

/** One server of one Gateway that selects this proxy. */
export interface BoundServer {
  readonly gateway: Resource<GatewaySpec>;
  readonly server: GatewayServer;
}

/** HTTP comes out of its TLS; of protocol TLS it is any bytes. */
export function isHttps({ port }: GatewayServer): boolean {
  return (port?.protocol ?? '').toUpperCase() === 'HTTPS';
}

/** TLS goes on unopened to where the rules send its SNI. */
export function isPassedThrough({ tls }: GatewayServer): boolean {
  return (tls?.mode ?? 'PASSTHROUGH') === 'PASSTHROUGH';
}

/** Mutual TLS of the mesh goes on unopened to the cluster that its SNI names. */
export function isAutoPassedThrough({ tls }: GatewayServer): boolean {
  return tls?.mode === 'AUTO_PASSTHROUGH';
}

export function routeContext(
  index: WorldIndex,
  proxy: Workload,
  gateway: string,
  port: number,
): RouteContext {
  return {
    gateway,
    namespace: proxy.namespace,
    labels: proxy.labels,
    port,
    findService: (hostname) => serviceFor(index, hostname, proxy.namespace),
    defaultRetry: defaultRetry(index.world.mesh),
    isTest: index.world.isTest === true,
    rulesOf: (rule) => httpRulesOf(index, rule),
  };
}

/** VirtualServices bound to a Gateway and visible in the proxy's namespace. */
export function rulesOf(index: WorldIndex, proxy: Workload, gateway: string): Resource<VirtualServiceSpec>[] {
  return visibleRules(index, proxy.namespace, ({ gateways = [] }, { namespace }) =>
    gateways.some((each) => resolveGateway(each, namespace) === gateway),
  );
}

/** For each host of rule and server that meet, the narrower of the two (ISTIO.md §1.1, "gateway host binding"). */
export function boundHosts(
  rule: Resource<VirtualServiceSpec>,
  gateway: Resource<GatewaySpec>,
  server: GatewayServer,
): string[] {
  const bound = new Set<string>();
  for (const ruleHost of rule.spec.hosts ?? []) {
    const host = resolveShortName(ruleHost, rule.namespace);
    for (const serverHost of server.hosts ?? []) {
      const { namespace, dns } = splitHost(serverHost, gateway.namespace);
      if (namespace !== '*' && namespace !== rule.namespace) continue;
      if (hostsMatch(host, dns)) bound.add(isSubsetOf(host, dns) ? host : dns);
    }
  }
  return [...bound];
}

/** `ns/host`; `./host` means the Gateway's own namespace, no prefix any. */
export function splitHost(host: string, own: string): { namespace: string; dns: string } {
  const slash = host.indexOf('/');
  if (slash < 0) return { namespace: '*', dns: host.toLowerCase() };
  const namespace = host.slice(0, slash);
  return { namespace: namespace === '.' ? own : namespace, dns: host.slice(slash + 1).toLowerCase() };
}
