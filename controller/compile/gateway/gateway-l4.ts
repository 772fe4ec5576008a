import type { TcpRouteSpec } from '../../../model/listener.ts';
import { findDestinationPolicy } from '../clusters/destination-rules.ts';
import { firstTcpRoute, type L4Context, tlsRoutesOf } from '../routes/l4-routes.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { type BoundServer, boundHosts, routeContext, rulesOf } from './gateway-servers.ts';

/**
 * Servers of one port that are no HTTP. TLS that is passed through goes by SNI to where the rules of all its
 * servers send it; for TCP the first rule decides, there is nothing to tell several apart by (ISTIO.md §1.7).
 */
export function compileGatewayL4(
  index: WorldIndex,
  proxy: Workload,
  isTls: boolean,
  servers: readonly BoundServer[],
): TcpRouteSpec[] {
  const routes = servers.flatMap(({ gateway, server }) => {
    const name = `${gateway.namespace}/${gateway.name}`;
    const context: L4Context = {
      ...routeContext(index, proxy, name, server.port?.number ?? 0),
      policyOf: (service) => findDestinationPolicy(index.destinationRules, index.world.mesh, proxy, service),
    };
    const rules = rulesOf(index, proxy, name).filter((rule) => boundHosts(rule, gateway, server).length > 0);
    if (isTls) return tlsRoutesOf(rules, context);
    const first = firstTcpRoute(rules, context);
    return first === null ? [] : [first];
  });
  return isTls ? routes : routes.slice(0, 1);
}
