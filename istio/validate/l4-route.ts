import type { FieldPath } from '../field-path.ts';
import { isSubsetOf } from '../host.ts';
import { isAddressOrRange, isIpAddress } from '../ip-address.ts';
import type { TcpRoute, TlsRoute } from '../schema/virtual-service.ts';
import { checkDestination, checkWeights } from './destination.ts';
import type { Findings } from './finding.ts';
import { checkGatewayNames } from './gateway-name.ts';
import { checkLabels, checkPort, isHost } from './values.ts';

/** `validateTLSRoute` of Istio. */
export function validateTlsRoute(
  route: TlsRoute,
  path: FieldPath,
  hosts: readonly string[],
  findings: Findings,
): void {
  if ((route.match ?? []).length === 0)
    findings.error(
      [...path, 'match'],
      'a TLS route must have at least one match',
      'Add `match:` with `sniHosts:`.',
    );
  (route.match ?? []).forEach((match, index) => {
    const at = [...path, 'match', index];
    if ((match.sniHosts ?? []).length === 0)
      findings.error([...at, 'sniHosts'], 'a TLS match must have at least one SNI host');
    (match.sniHosts ?? []).forEach((sni, sniIndex) => {
      checkSniHost(sni, [...at, 'sniHosts', sniIndex], hosts, findings);
    });
    checkMatch(match, at, findings);
  });
  checkDestinations(route.route, [...path, 'route'], findings);
}

/** `validateTCPRoute` of Istio. */
export function validateTcpRoute(route: TcpRoute, path: FieldPath, findings: Findings): void {
  (route.match ?? []).forEach((match, index) => {
    checkMatch(match, [...path, 'match', index], findings);
  });
  checkDestinations(route.route, [...path, 'route'], findings);
}

function checkSniHost(sni: string, path: FieldPath, hosts: readonly string[], findings: Findings): void {
  if (isIpAddress(sni)) {
    findings.warn(path, `${sni} is an IP address, which few clients send as SNI`);
    return;
  }
  if (!isHost(sni)) findings.error(path, `invalid SNI host ${JSON.stringify(sni)}`);
  else if (!hosts.some((host) => isSubsetOf(sni, host)))
    findings.error(
      path,
      `SNI host ${JSON.stringify(sni)} is not covered by the hosts of this VirtualService`,
      `Its hosts: ${hosts.join(', ')}.`,
    );
}

type L4Match = NonNullable<TcpRoute['match']>[number] | NonNullable<TlsRoute['match']>[number];

function checkMatch(match: L4Match, path: FieldPath, findings: Findings): void {
  (match.destinationSubnets ?? []).forEach((subnet, index) => {
    if (!isAddressOrRange(subnet))
      findings.error(
        [...path, 'destinationSubnets', index],
        `${JSON.stringify(subnet)} is no IP address or range`,
        'E.g. 10.0.0.0/8.',
      );
  });
  checkPort(match.port, [...path, 'port'], findings);
  checkLabels(match.sourceLabels, [...path, 'sourceLabels'], findings);
  checkGatewayNames(match.gateways, [...path, 'gateways'], findings);
}

function checkDestinations(destinations: TcpRoute['route'], path: FieldPath, findings: Findings): void {
  const list = destinations ?? [];
  if (list.length === 0)
    findings.error(path, 'TCP and TLS routes need a destination', 'Add `route:` with a destination.');
  list.forEach(({ destination }, index) => {
    checkDestination(destination, [...path, index, 'destination'], findings);
  });
  checkWeights(list, path, findings);
}
