import { selectProtocol } from '../../istio/port-protocol.ts';
import type { Resource } from '../../istio/resource.ts';
import type { GatewaySpec } from '../../istio/schema/gateway.ts';
import { matchesLabels } from '../../model/labels.ts';
import type { ServicePort } from '../compile/world.ts';
import type { ContainerFacts } from './container-facts.ts';

const DEFAULT_PORTS: readonly ServicePort[] = [
  { name: 'http2', number: 80, targetPort: 8080, protocol: 'http' },
  { name: 'https', number: 443, targetPort: 8443, protocol: 'https' },
];

/**
 * Ports of a gateway's service: those of Istio's charts, and what Docker publishes beside them. One that is published
 * nowhere, as the egress gateway, is for callers within the mesh alone; these reach every port of it that a Gateway
 * opens, so that its service has them all.
 */
export function gatewayPorts(
  { labels, publishedPorts }: ContainerFacts,
  resources: readonly Resource[],
): readonly ServicePort[] {
  const published = new Set(publishedPorts.map(({ port }) => port));
  const ports = new Map(DEFAULT_PORTS.map((port) => [port.number, port]));
  const taken = new Set(DEFAULT_PORTS.map(({ targetPort }) => targetPort));
  for (const resource of resources) {
    if (resource.kind !== 'Gateway') continue;
    const { selector = {}, servers = [] } = resource.spec as GatewaySpec;
    if (!matchesLabels(selector, labels)) continue;
    for (const { port } of servers) {
      const { number = 0, protocol = '' } = port ?? {};
      if (number === 0 || ports.has(number) || taken.has(number)) continue;
      if (published.size > 0 && !published.has(number)) continue;
      const name = `${protocol.toLowerCase()}-${number}`;
      ports.set(number, {
        ...{ name, number, targetPort: number },
        protocol: selectProtocol(name, protocol, number),
      });
    }
  }
  return [...ports.values()].sort((a, b) => a.number - b.number);
}
