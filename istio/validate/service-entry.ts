import { isAddressOrRange } from '../ip-address.ts';
import type { Metadata } from '../metadata.ts';
import type { ServiceEntrySpec } from '../schema/service-entry.ts';
import type { Findings } from './finding.ts';
import { checkSelector } from './selector.ts';
import {
  checkExportTo,
  checkPort,
  checkProtocol,
  HTTP_PROTOCOLS,
  isDnsName,
  isHost,
  isPartialWildcard,
  TLS_PROTOCOLS,
} from './values.ts';
import { checkPortName, validateWorkloadEntry } from './workload-entry.ts';

/** `ValidateServiceEntry` of Istio. */
export function validateServiceEntry(
  spec: ServiceEntrySpec,
  { namespace }: Metadata,
  findings: Findings,
): void {
  checkSelector(spec.workloadSelector, ['workloadSelector'], findings);
  if (spec.workloadSelector !== undefined && spec.endpoints !== undefined)
    findings.error(['endpoints'], 'endpoints and workloadSelector exclude each other', 'Keep one of them.');
  checkHosts(spec, findings);
  checkAddresses(spec, findings);
  checkPorts(spec, findings);
  checkResolution(spec, findings);
  warnOfIneffective(spec, findings);
  checkExportTo(spec.exportTo, { namespace, mayBeHidden: true }, findings);
}

function checkHosts({ hosts = [], resolution = 'NONE' }: ServiceEntrySpec, findings: Findings): void {
  if (hosts.length === 0)
    findings.error(
      ['hosts'],
      'a ServiceEntry must have at least one host',
      'E.g. `hosts: [api.example.com]`.',
    );
  hosts.forEach((host, index) => {
    const path = ['hosts', index];
    if (host === '*' || !isHost(host))
      findings.error(path, `invalid host ${JSON.stringify(host)}`, 'Write a DNS name or "*.example.com".');
    else if (resolution !== 'DYNAMIC_DNS' && isPartialWildcard(host))
      findings.warn(path, `partial wildcard ${JSON.stringify(host)}`, 'Write "*.example.com".');
    else if (resolution === 'DYNAMIC_DNS' && !host.startsWith('*'))
      findings.error(path, 'with resolution DYNAMIC_DNS a host must be a wildcard', 'Use `resolution: DNS`.');
  });
}

function checkAddresses({ addresses = [], resolution = 'NONE' }: ServiceEntrySpec, findings: Findings): void {
  addresses.forEach((address, index) => {
    const path = ['addresses', index];
    if (!isAddressOrRange(address))
      findings.error(path, `${JSON.stringify(address)} is no IP address or range`, 'E.g. 10.1.2.0/24.');
    else if (address.includes('/') && resolution !== 'NONE' && resolution !== 'STATIC')
      findings.error(
        path,
        'ranges are allowed for resolution NONE and STATIC only',
        'Write single addresses.',
      );
  });
  if (resolution === 'DYNAMIC_DNS' && addresses.length > 0)
    findings.error(['addresses'], 'resolution DYNAMIC_DNS has no addresses', 'Remove them.');
}

const isTellableByName = (protocol = '') =>
  HTTP_PROTOCOLS.has(protocol.toUpperCase()) || TLS_PROTOCOLS.has(protocol.toUpperCase());

function checkPorts(spec: ServiceEntrySpec, findings: Findings): void {
  const { ports = [], hosts = [], resolution = 'NONE', addresses = [] } = spec;
  ports.forEach((port, index) => {
    const path = ['ports', index];
    const isTwice = (field: 'name' | 'number') =>
      port[field] !== undefined && ports.findIndex((other) => other[field] === port[field]) !== index;
    for (const field of ['name', 'number'] as const) {
      if (isTwice(field))
        findings.error([...path, field], `port ${field} ${port[field]} is there twice`, 'Remove one.');
    }
    checkPortName(port.name ?? '', [...path, 'name'], findings);
    if (port.number === undefined) findings.error([...path, 'number'], 'number is required');
    checkPort(port.number, [...path, 'number'], findings);
    if ((port.targetPort ?? 0) !== 0) checkPort(port.targetPort, [...path, 'targetPort'], findings);
    checkProtocol(port.protocol, [...path, 'protocol'], findings);
    if (resolution === 'DYNAMIC_DNS' && !['HTTP', 'HTTP2', 'GRPC', 'TLS'].includes(port.protocol ?? ''))
      findings.error([...path, 'protocol'], 'resolution DYNAMIC_DNS knows HTTP, HTTP2, GRPC and TLS only');
  });
  const untold = ports.findIndex(({ protocol }) => !isTellableByName(protocol));
  if (resolution === 'NONE' || hosts.length < 2 || untold < 0) return;
  findings.error(
    ['ports', untold, 'protocol'],
    `several hosts cannot be told apart on a port with protocol ${ports[untold]?.protocol ?? 'TCP'}`,
    addresses.length > 0 ? 'Write a ServiceEntry for each address.' : 'Write a ServiceEntry for each host.',
  );
}

function checkResolution(spec: ServiceEntrySpec, findings: Findings): void {
  const { resolution = 'NONE', endpoints = [], hosts = [], ports = [] } = spec;
  const portNames = new Set(ports.map(({ name = '' }) => name));
  if (resolution === 'NONE') {
    if (endpoints.length > 0)
      findings.error(
        ['endpoints'],
        'resolution NONE, the default, has no endpoints',
        'Add `resolution: STATIC` or `resolution: DNS`.',
      );
    if (spec.workloadSelector !== undefined)
      findings.warn(
        ['workloadSelector'],
        'it has no effect with resolution NONE',
        'Use `resolution: STATIC`.',
      );
    return;
  }
  if (resolution === 'DYNAMIC_DNS') {
    if (endpoints.length > 0)
      findings.error(['endpoints'], 'resolution DYNAMIC_DNS has no endpoints', 'Remove them.');
    return;
  }
  const isDns = resolution === 'DNS' || resolution === 'DNS_ROUND_ROBIN';
  const wildcard = hosts.findIndex((host) => !isDnsName(host));
  if (isDns && endpoints.length === 0 && wildcard >= 0)
    findings.error(
      ['hosts', wildcard],
      `resolution ${resolution} without endpoints needs full names, not ${JSON.stringify(hosts[wildcard])}`,
      'Use `resolution: NONE`, or give endpoints.',
    );
  if (resolution === 'DNS_ROUND_ROBIN' && endpoints.length > 1)
    findings.error(['endpoints'], 'resolution DNS_ROUND_ROBIN has one endpoint at most', 'Use DNS.');
  endpoints.forEach((endpoint, index) => {
    validateWorkloadEntry(endpoint, ['endpoints', index], { portNames, mayBeName: isDns }, findings);
  });
}

function warnOfIneffective(
  { resolution, ports = [], endpoints = [] }: ServiceEntrySpec,
  findings: Findings,
): void {
  ports.forEach(({ targetPort = 0, number }, index) => {
    if (resolution === 'DYNAMIC_DNS' && targetPort !== 0 && targetPort !== number)
      findings.warn(
        ['ports', index, 'targetPort'],
        'targetPort has no effect with resolution DYNAMIC_DNS: the port is that of the Host, 80 or (with TLS) 443',
        'Remove it.',
        'LAT0005',
      );
  });
  endpoints.forEach(({ address = '' }, index) => {
    if (address.startsWith('unix://'))
      findings.warn(
        ['endpoints', index, 'address'],
        'a Unix socket cannot be reached: the proxy runs in a container of its own, with its own files',
        'Let the application listen on a port.',
        'LAT0005',
      );
  });
}
