import type { FieldPath } from '../field-path.ts';
import { isIpAddress } from '../ip-address.ts';
import type { ReadinessProbe, WorkloadEntrySpec, WorkloadGroupSpec } from '../schema/service-entry.ts';
import type { Findings } from './finding.ts';
import { checkLabels, checkPort, isDnsLabel, isDnsName } from './values.ts';

export interface EndpointRules {
  /** Names of the ServiceEntry's ports; null = it stands alone. */
  readonly portNames: ReadonlySet<string> | null;
  /** DNS names as addresses: not where the resolution is STATIC. */
  readonly mayBeName: boolean;
}

/** `validateWorkloadEntry` of Istio: one endpoint. */
export function validateWorkloadEntry(
  entry: WorkloadEntrySpec,
  path: FieldPath,
  { portNames, mayBeName }: EndpointRules,
  findings: Findings,
): void {
  const { address = '', ports = {} } = entry;
  const at = [...path, 'address'];
  const isSocket = address.startsWith('unix://');
  if (address === '') {
    if ((entry.network ?? '') === '') findings.error(at, 'address is required', 'E.g. `address: 10.0.0.7`.');
    else findings.warn(at, `without an address it stands for the network ${entry.network}`);
  } else if (isSocket) {
    if (!/^unix:\/\/(@|\/.*[^/]$)/.test(address)) findings.error(at, `${address} is no absolute path`);
    if (Object.keys(ports).length > 0)
      findings.error([...path, 'ports'], 'a Unix socket has no ports', 'Remove them.');
    if (portNames !== null && portNames.size !== 1)
      findings.error(at, 'a Unix socket needs a ServiceEntry with exactly one port');
  } else if (!isIpAddress(address) && !(mayBeName && isDnsName(address)))
    findings.error(
      at,
      `${JSON.stringify(address)} is no IP address${mayBeName ? ' and no DNS name' : ''}`,
      mayBeName ? '' : 'Use `resolution: DNS` for names.',
    );
  for (const [name, port] of Object.entries(ports)) {
    if (portNames !== null && !portNames.has(name))
      findings.error(
        [...path, 'ports', name],
        `the ServiceEntry has no port ${JSON.stringify(name)}`,
        `Its ports: ${[...portNames].join(', ')}.`,
      );
    checkPortName(name, [...path, 'ports', name], findings);
    checkPort(port, [...path, 'ports', name], findings);
  }
  checkLabels(entry.labels, [...path, 'labels'], findings);
}

export function checkPortName(name: string, path: FieldPath, findings: Findings): void {
  if (!isDnsLabel(name))
    findings.error(path, `invalid port name ${JSON.stringify(name)}`, 'E.g. http, or http-admin.');
}

/** `ValidateWorkloadGroup` of Istio. */
export function validateWorkloadGroup(spec: WorkloadGroupSpec, findings: Findings): void {
  if (spec.template === undefined) findings.error(['template'], 'template is required');
  checkLabels(spec.metadata?.labels, ['metadata', 'labels'], findings);
  if (spec.probe !== undefined) validateProbe(spec.probe, findings);
}

function validateProbe(probe: ReadinessProbe, findings: Findings): void {
  const methods = (['httpGet', 'tcpSocket', 'exec', 'grpc'] as const).filter(
    (method) => probe[method] !== undefined,
  );
  if (methods.length !== 1)
    findings.error(['probe'], 'a probe needs one of httpGet, tcpSocket, exec and grpc', 'Keep one of them.');
  const { httpGet, tcpSocket, exec } = probe;
  if (httpGet !== undefined) {
    checkPort(httpGet.port ?? 0, ['probe', 'httpGet', 'port'], findings);
    if (!['', 'HTTP', 'HTTPS'].includes(httpGet.scheme ?? ''))
      findings.error(['probe', 'httpGet', 'scheme'], 'the scheme must be HTTP or HTTPS');
    (httpGet.httpHeaders ?? []).forEach(({ name = '' }, index) => {
      if (!/^[-A-Za-z0-9]+$/.test(name))
        findings.error(['probe', 'httpGet', 'httpHeaders', index], `invalid header ${JSON.stringify(name)}`);
    });
  }
  if (tcpSocket !== undefined) checkPort(tcpSocket.port ?? 0, ['probe', 'tcpSocket', 'port'], findings);
  if (exec !== undefined && (exec.command ?? []).length === 0)
    findings.error(['probe', 'exec', 'command'], 'exec needs a command');
}
