import type { FieldPath } from '../field-path.ts';
import type { Metadata } from '../metadata.ts';
import type { DestinationRuleSpec, TrafficPolicy } from '../schema/destination-rule.ts';
import { validateClientTls } from './client-tls.ts';
import { validateConnectionPool, validateOutlierDetection } from './connection-pool.ts';
import type { Findings } from './finding.ts';
import { validateLoadBalancer } from './load-balancer.ts';
import { checkSelector } from './selector.ts';
import { checkExportTo, checkLabels, checkPort, isDnsLabel, isHost } from './values.ts';

/** `ValidateDestinationRule` of Istio. */
export function validateDestinationRule(
  spec: DestinationRuleSpec,
  { namespace }: Metadata,
  findings: Findings,
): void {
  const host = spec.host ?? '';
  if (host === '')
    findings.error(['host'], 'host must not be empty', 'Name the service, e.g. `host: reviews`.');
  else if (!isHost(host))
    findings.error(['host'], `invalid host ${JSON.stringify(host)}`, 'Name a service, e.g. `host: reviews`.');
  checkExportTo(spec.exportTo, { namespace }, findings);
  if (spec.workloadSelector !== undefined) {
    checkSelector(spec.workloadSelector, ['workloadSelector'], findings);
    const isOwn = (spec.exportTo ?? []).every((target) => target === '.' || target === namespace);
    if (!isOwn)
      findings.error(
        ['exportTo'],
        'a rule with workloadSelector is private to its namespace',
        'Write `exportTo: ["."]`, or leave it out.',
      );
  }
  if (spec.trafficPolicy !== undefined) validatePolicy(spec.trafficPolicy, ['trafficPolicy'], findings);
  const names = (spec.subsets ?? []).map(({ name = '' }) => name);
  (spec.subsets ?? []).forEach((subset, index) => {
    const path = ['subsets', index];
    checkSubsetName(names[index] ?? '', [...path, 'name'], findings);
    if (names.indexOf(names[index] ?? '') !== index)
      findings.error(
        [...path, 'name'],
        `duplicate subset name ${JSON.stringify(names[index])}`,
        'Give one of them another name.',
      );
    checkLabels(subset.labels, [...path, 'labels'], findings);
    if (subset.trafficPolicy !== undefined)
      validatePolicy(subset.trafficPolicy, [...path, 'trafficPolicy'], findings);
  });
}

export function checkSubsetName(name: string, path: FieldPath, findings: Findings): void {
  if (isDnsLabel(name)) return;
  const message =
    name === '' ? 'subset name must not be empty' : `invalid subset name ${JSON.stringify(name)}`;
  findings.error(path, message, 'A name is of lower-case letters, digits and "-".');
}

type PolicyBlocks = Pick<TrafficPolicy, 'loadBalancer' | 'connectionPool' | 'outlierDetection' | 'tls'>;

function validatePolicy(policy: TrafficPolicy, path: FieldPath, findings: Findings): void {
  if (Object.values(policy).every((value) => value === undefined))
    findings.error(path, 'trafficPolicy must have at least one field', 'Is its content indented far enough?');
  if (policy.tunnel !== undefined && policy.proxyProtocol !== undefined)
    findings.error([...path, 'proxyProtocol'], 'tunnel and proxyProtocol exclude each other', 'Remove one.');
  validateBlocks(policy, path, findings);
  validateTunnel(policy.tunnel, [...path, 'tunnel'], findings);
  (policy.portLevelSettings ?? []).forEach((settings, index) => {
    const at = [...path, 'portLevelSettings', index];
    const { port, ...blocks } = settings;
    if (port?.number === undefined)
      findings.error([...at, 'port'], 'port.number is required', 'Write `port: { number: 80 }`.');
    checkPort(port?.number, [...at, 'port', 'number'], findings);
    if (Object.values(blocks).every((value) => value === undefined))
      findings.error(at, 'settings of a port must have at least one field besides port');
    validateBlocks(settings, at, findings);
  });
}

function validateBlocks(blocks: PolicyBlocks, path: FieldPath, findings: Findings): void {
  const { loadBalancer, connectionPool, outlierDetection, tls } = blocks;
  validateLoadBalancer(loadBalancer, outlierDetection !== undefined, [...path, 'loadBalancer'], findings);
  validateConnectionPool(connectionPool, [...path, 'connectionPool'], findings);
  validateOutlierDetection(outlierDetection, [...path, 'outlierDetection'], findings);
  validateClientTls(tls, [...path, 'tls'], findings);
}

function validateTunnel(tunnel: TrafficPolicy['tunnel'], path: FieldPath, findings: Findings): void {
  if (tunnel === undefined) return;
  const { protocol = '', targetHost = '', targetPort = 0 } = tunnel;
  if (protocol !== '' && protocol !== 'CONNECT' && protocol !== 'POST')
    findings.error(
      [...path, 'protocol'],
      `unknown protocol ${JSON.stringify(protocol)}`,
      'Use CONNECT or POST.',
    );
  if (protocol === 'POST')
    findings.error([...path, 'protocol'], 'a tunnel by POST is not spoken here', 'Use CONNECT.');
  if (!isHost(targetHost) || targetHost.startsWith('*'))
    findings.error([...path, 'targetHost'], `invalid target host ${JSON.stringify(targetHost)}`);
  checkPort(targetPort, [...path, 'targetPort'], findings);
}
