import { hostsMatch, isWildcard } from '../host.ts';
import type { TcpRoute, TlsRoute, VirtualServiceSpec } from '../schema/virtual-service.ts';
import type { Findings, Metadata } from './finding.ts';
import { validateHttpRoute } from './http-route.ts';
import { checkShadowedRules } from './shadowed-rules.ts';
import { checkExportTo, checkPort, isDnsLabel, isHost } from './values.ts';

/** `ValidateVirtualService` of Istio's `pkg/config/validation/validation.go`. */
export function validateVirtualService(
  spec: VirtualServiceSpec,
  metadata: Metadata,
  findings: Findings,
): void {
  const gateways = spec.gateways ?? [];
  const isMeshOnly = gateways.every((gateway) => gateway === 'mesh');
  const isDelegate = spec.hosts === undefined || spec.hosts.length === 0;
  const { http = [], tls = [], tcp = [] } = spec;
  if (isDelegate) checkDelegate(spec, findings);
  else checkHosts(spec.hosts ?? [], isMeshOnly, findings);
  gateways.forEach((gateway, index) => {
    checkGatewayName(gateway, ['gateways', index], findings);
  });
  checkExportTo(spec.exportTo, findings);
  if (http.length + tls.length + tcp.length === 0) {
    findings.error(
      [],
      'http, tcp or tls must be given in a VirtualService',
      'Is the list of routes indented below spec?',
    );
  }
  http.forEach((route, index) => {
    validateHttpRoute(
      route,
      ['http', index],
      { isDelegate, isMeshBound: isMeshOnly || gateways.includes('mesh'), metadata },
      findings,
    );
  });
  tls.forEach((route, index) => {
    validateTlsRoute(route, ['tls', index], spec.hosts ?? [], findings);
  });
  tcp.forEach((route, index) => {
    validateL4Route(route, ['tcp', index], findings);
  });
  checkShadowedRules(http, findings);
}

function checkDelegate(spec: VirtualServiceSpec, findings: Findings): void {
  if ((spec.gateways ?? []).length > 0) {
    findings.error(
      ['gateways'],
      'a delegate VirtualService must have no gateways',
      'A delegate has no hosts; did you forget them?',
    );
  }
  if ((spec.tls ?? []).length + (spec.tcp ?? []).length > 0) {
    findings.error(
      [],
      'a delegate VirtualService must have http routes only',
      'A delegate has no hosts; did you forget them?',
    );
  }
}

function checkHosts(hosts: readonly string[], isMeshOnly: boolean, findings: Findings): void {
  hosts.forEach((host, index) => {
    const path = ['hosts', index];
    if (!isHost(host))
      findings.error(
        path,
        `invalid host ${JSON.stringify(host)}`,
        'Write a DNS name, an IP address, or "*." and a DNS name.',
      );
    if (host === '*' && isMeshOnly) {
      findings.error(
        path,
        'wildcard host * is not allowed for virtual services bound to the mesh gateway',
        'Name the hosts, or bind the VirtualService to a Gateway by `gateways`.',
      );
    }
    const earlier = hosts.slice(0, index).find((other) => other === host || overlaps(other, host));
    if (earlier !== undefined)
      findings.error(
        path,
        `duplicate hosts: ${JSON.stringify(host)} and ${JSON.stringify(earlier)} overlap`,
        'Remove one.',
      );
  });
}

function overlaps(a: string, b: string): boolean {
  return (isWildcard(a) || isWildcard(b)) && a.includes('.') && b.includes('.') && hostsMatch(a, b);
}

/** `mesh`, `name` or `namespace/name`. */
export function checkGatewayName(
  gateway: string,
  path: readonly (string | number)[],
  findings: Findings,
): void {
  const parts = gateway.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2)
    findings.error(path, `invalid gateway ${JSON.stringify(gateway)}`, 'Write `name` or `namespace/name`.');
  else if (second !== undefined && !isDnsLabel(first)) {
    findings.error(
      path,
      `invalid value for namespace: ${JSON.stringify(first)}`,
      'Write `name` for a Gateway of the same namespace.',
    );
  } else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(second ?? first)) {
    findings.error(path, `invalid gateway ${JSON.stringify(gateway)}`, 'Write `name` or `namespace/name`.');
  }
}

function validateTlsRoute(
  route: TlsRoute,
  path: readonly (string | number)[],
  hosts: readonly string[],
  findings: Findings,
): void {
  if ((route.match ?? []).length === 0)
    findings.error([...path, 'match'], 'TLS routes must have at least one match with sniHosts');
  (route.match ?? []).forEach((match, index) => {
    const at = [...path, 'match', index];
    if ((match.sniHosts ?? []).length === 0)
      findings.error([...at, 'sniHosts'], 'a TLS match must have at least one SNI host');
    (match.sniHosts ?? []).forEach((sni, sniIndex) => {
      if (hosts.some((host) => hostsMatch(host, sni))) return;
      findings.error(
        [...at, 'sniHosts', sniIndex],
        `SNI host ${JSON.stringify(sni)} is not covered by the hosts of this VirtualService`,
      );
    });
    checkPort(match.port, [...at, 'port'], findings);
  });
  validateL4Destinations(route.route, [...path, 'route'], findings);
}

function validateL4Route(route: TcpRoute, path: readonly (string | number)[], findings: Findings): void {
  (route.match ?? []).forEach((match, index) => {
    checkPort(match.port, [...path, 'match', index, 'port'], findings);
  });
  validateL4Destinations(route.route, [...path, 'route'], findings);
}

function validateL4Destinations(
  destinations: TcpRoute['route'],
  path: readonly (string | number)[],
  findings: Findings,
): void {
  const list = destinations ?? [];
  if (list.length === 0) findings.error(path, 'TCP and TLS routes need a destination');
  list.forEach(({ destination, weight }, index) => {
    if ((destination?.host ?? '') === '')
      findings.error([...path, index, 'destination'], 'destination host must not be empty');
    if ((weight ?? 0) < 0)
      findings.error([...path, index, 'weight'], `weight ${weight} must not be negative`);
  });
  if (list.length > 1 && list.every(({ weight }) => (weight ?? 0) === 0))
    findings.error(path, 'total destination weight = 0');
}
