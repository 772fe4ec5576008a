import type { Call, Scenario } from './scenario.ts';

/**
 * Calls of which the recording cannot be had. The recorder redirected only ports that Istio had made a listener for; so
 * where a Sidecar's `ingress` leaves a port out its calls reached the application past its proxy, in plaintext, without
 * a line in that proxy's log. Istio's own capture (istio-init) and Lateen's redirect every port, and virtualInbound
 * always has chains for those that are nobody's (`buildInboundPassthroughChains`): the proxy takes the call as one to
 * InboundPassthroughCluster, by mutual TLS. Of such calls status and application are compared, and nothing else.
 */
const UNCAPTURED: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['sidecar-scoping/ingress-listener', new Set(['GET http://dock:8081/', 'GET http://dock:8081/no'])],
]);

export function isUncaptured(scenario: string, { name }: Call): boolean {
  return UNCAPTURED.get(scenario)?.has(name) === true;
}

export function withoutUncaptured(scenario: Scenario): Scenario {
  return { ...scenario, calls: scenario.calls.filter((call) => !isUncaptured(scenario.name, call)) };
}
