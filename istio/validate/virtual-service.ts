import { hostsMatch } from '../host.ts';
import { isIpAddress } from '../ip-address.ts';
import type { Metadata } from '../metadata.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';
import { checkGatewayNames } from './gateway-name.ts';
import { validateHttpRoute } from './http-route.ts';
import { validateTcpRoute, validateTlsRoute } from './l4-route.ts';
import { checkShadowedHttpRules, checkShadowedL4Rules } from './shadowed-rules.ts';
import { checkExportTo, isHost } from './values.ts';

/** `ValidateVirtualService` of Istio's `pkg/config/validation/validation.go`. */
export function validateVirtualService(
  spec: VirtualServiceSpec,
  { namespace }: Metadata,
  findings: Findings,
): void {
  const { hosts = [], gateways = [], http = [], tls = [], tcp = [] } = spec;
  const isMeshBound = gateways.length === 0 || gateways.includes('mesh');
  const isDelegate = hosts.length === 0;
  if (isDelegate) checkDelegate(spec, findings);
  else checkHosts(hosts, isMeshBound, findings);
  checkGatewayNames(gateways, ['gateways'], findings);
  checkExportTo(spec.exportTo, { namespace }, findings);
  if (http.length + tls.length + tcp.length === 0)
    findings.error(
      [],
      'http, tcp or tls must be given in a VirtualService',
      'Is the list of routes indented below spec?',
    );
  http.forEach((route, index) => {
    validateHttpRoute(route, ['http', index], { isDelegate, isMeshBound }, findings);
  });
  tls.forEach((route, index) => {
    validateTlsRoute(route, ['tls', index], hosts, findings);
  });
  tcp.forEach((route, index) => {
    validateTcpRoute(route, ['tcp', index], findings);
  });
  checkShadowedHttpRules(http, findings);
  checkShadowedL4Rules(tcp, 'tcp', findings);
  checkShadowedL4Rules(tls, 'tls', findings);
}

function checkDelegate(spec: VirtualServiceSpec, findings: Findings): void {
  for (const field of ['gateways', 'tls', 'tcp'] as const) {
    if ((spec[field] ?? []).length > 0)
      findings.error(
        [field],
        `a VirtualService without hosts is a delegate, and must have no ${field}`,
        'Did you forget the hosts? Add `hosts: [...]`.',
      );
  }
}

function checkHosts(hosts: readonly string[], isMeshBound: boolean, findings: Findings): void {
  hosts.forEach((host, index) => {
    const path = ['hosts', index];
    if (!isHost(host) && !isIpAddress(host))
      findings.error(
        path,
        `invalid host ${JSON.stringify(host)}`,
        'Write a DNS name, an IP address, or "*." and a DNS name.',
      );
    if (host === '*' && isMeshBound)
      findings.error(
        path,
        'wildcard host * is not allowed for virtual services bound to the mesh gateway',
        'Name the hosts, or bind the VirtualService to a Gateway by `gateways`.',
      );
    const earlier = hosts.slice(0, index).find((other) => hostsMatch(other, host));
    if (earlier !== undefined)
      findings.error(
        path,
        `duplicate hosts: ${JSON.stringify(host)} and ${JSON.stringify(earlier)} overlap`,
        'Remove one.',
      );
  });
}
