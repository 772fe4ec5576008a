import type { FieldPath } from '../field-path.ts';
import { isIpAddress } from '../ip-address.ts';
import type { Metadata } from '../metadata.ts';
import type { SidecarSpec } from '../schema/sidecar.ts';
import { validateConnectionPool } from './connection-pool.ts';
import { checkDestination } from './destination.ts';
import type { Findings } from './finding.ts';
import { checkSelector } from './selector.ts';
import { validateServerTls } from './server-tls.ts';
import { checkSidecarHosts } from './sidecar-hosts.ts';
import { checkPort, checkProtocol, HTTP_PROTOCOLS, TLS_PROTOCOLS } from './values.ts';
import { checkPortName } from './workload-entry.ts';

/** `ValidateSidecar` of Istio. */
export function validateSidecar(spec: SidecarSpec, { namespace }: Metadata, findings: Findings): void {
  const { ingress = [], egress = [], outboundTrafficPolicy: policy } = spec;
  checkSelector(spec.workloadSelector, ['workloadSelector'], findings);
  if (
    ingress.length + egress.length === 0 &&
    policy === undefined &&
    spec.inboundConnectionPool === undefined
  )
    findings.error([], 'an empty Sidecar says nothing', 'Add `egress: [{ hosts: ["./*"] }]`.');
  validateConnectionPool(spec.inboundConnectionPool, ['inboundConnectionPool'], findings);
  ingress.forEach((listener, index) => {
    validateIngress(listener, ['ingress', index], findings);
    checkCaptureMode(listener, ['ingress', index], findings);
  });
  checkUnique(ingress, 'ingress', findings);
  egress.forEach((listener, index) => {
    const path = ['egress', index];
    if (listener.port === undefined) {
      if (index < egress.length - 1)
        findings.error(path, 'a listener without port must be the last one', 'Move it to the end.');
    } else validateEgressPort(listener, path, findings);
    checkSidecarHosts(listener.hosts ?? [], [...path, 'hosts'], namespace, findings);
    checkCaptureMode(listener, path, findings);
    checkForwardProxy(listener, path, findings);
  });
  checkUnique(egress, 'egress', findings);
  if (policy?.mode === undefined && policy !== undefined)
    findings.warn(
      ['outboundTrafficPolicy'],
      'a policy without mode means REGISTRY_ONLY: unknown hosts are refused',
      'Write `mode: REGISTRY_ONLY` or `mode: ALLOW_ANY`.',
    );
  if (policy?.egressProxy === undefined) return;
  const at = ['outboundTrafficPolicy', 'egressProxy'];
  if (policy.mode !== 'ALLOW_ANY') findings.error(at, 'egressProxy needs mode ALLOW_ANY');
  if (policy.egressProxy.port === undefined) findings.error(at, 'egressProxy needs a port');
  checkDestination(policy.egressProxy, at, findings);
}

type Ingress = NonNullable<SidecarSpec['ingress']>[number];
type Egress = NonNullable<SidecarSpec['egress']>[number];

function checkUnique(listeners: readonly (Ingress | Egress)[], field: string, findings: Findings): void {
  const numbers = listeners.map(({ port }) => port?.number ?? 0);
  numbers.forEach((number, index) => {
    if (number !== 0 && numbers.indexOf(number) !== index)
      findings.error([field, index, 'port', 'number'], `port ${number} is there twice`, 'Remove one.');
  });
}

function validateIngress(listener: Ingress, path: FieldPath, findings: Findings): void {
  const { port, bind = '', defaultEndpoint = '', tls, connectionPool } = listener;
  validateConnectionPool(connectionPool, [...path, 'connectionPool'], findings);
  if (port === undefined) {
    findings.error([...path, 'port'], 'an ingress listener needs a port');
    return;
  }
  checkListenerPort(port, path, findings);
  checkPort(port.number ?? 0, [...path, 'port', 'number'], findings);
  if (bind !== '' && !isIpAddress(bind)) findings.error([...path, 'bind'], `${bind} is no IP address`);
  if (defaultEndpoint !== '') checkEndpoint(defaultEndpoint, [...path, 'defaultEndpoint'], findings);
  const protocol = (port.protocol ?? '').toUpperCase();
  if (connectionPool?.http !== undefined && !HTTP_PROTOCOLS.has(protocol))
    findings.warn([...path, 'connectionPool', 'http'], 'it has no effect on a port that is not HTTP');
  if (tls === undefined) return;
  if (!TLS_PROTOCOLS.has(protocol))
    findings.error([...path, 'tls'], 'tls settings need protocol HTTPS or TLS');
  for (const field of [
    'subjectAltNames',
    'httpsRedirect',
    'credentialName',
    'credentialNames',
    'tlsCertificates',
  ] as const)
    if (tls[field] !== undefined)
      findings.error([...path, 'tls', field], `${field} is not supported in a Sidecar`, 'Remove it.');
  if (tls.mode === 'ISTIO_MUTUAL' || tls.mode === 'AUTO_PASSTHROUGH')
    findings.error([...path, 'tls', 'mode'], `mode ${tls.mode} is not supported in a Sidecar`);
  validateServerTls(tls, [...path, 'tls'], findings);
}

function checkListenerPort(port: NonNullable<Ingress['port']>, path: FieldPath, findings: Findings): void {
  if ((port.name ?? '') !== '') checkPortName(port.name ?? '', [...path, 'port', 'name'], findings);
  if ((port.targetPort ?? 0) > 0)
    findings.error([...path, 'port', 'targetPort'], 'targetPort has no effect in a Sidecar', 'Remove it.');
  checkProtocol(port.protocol, [...path, 'port', 'protocol'], findings);
}

function validateEgressPort(listener: Egress, path: FieldPath, findings: Findings): void {
  const { port = {}, bind = '', captureMode = 'DEFAULT' } = listener;
  checkListenerPort(port, path, findings);
  if ((port.number ?? 0) !== 0) {
    checkPort(port.number, [...path, 'port', 'number'], findings);
    if (bind !== '' && !isIpAddress(bind)) findings.error([...path, 'bind'], `${bind} is no IP address`);
    return;
  }
  if (!/^unix:\/\/(@|\/.*[^/]$)/.test(bind))
    findings.error(
      [...path, 'port'],
      'a port without number needs a Unix socket as bind',
      'Give it a number.',
    );
  if (captureMode === 'IPTABLES')
    findings.error([...path, 'captureMode'], 'a Unix socket cannot be captured', 'Write DEFAULT or NONE.');
}

/** Connections are redirected to the proxy, which opens no port of its own in the application's network. */
function checkCaptureMode({ captureMode }: Ingress | Egress, path: FieldPath, findings: Findings): void {
  if (captureMode !== 'NONE') return;
  findings.warn(
    [...path, 'captureMode'],
    'captureMode NONE has no effect: the connections of the port are captured as with DEFAULT',
    'Remove it, and let the application call the service itself.',
    'LAT0005',
  );
}

function checkForwardProxy({ port, bind = '' }: Egress, path: FieldPath, findings: Findings): void {
  const isProxy = port?.protocol?.toUpperCase() === 'HTTP_PROXY';
  if (!isProxy && !bind.startsWith('unix://')) return;
  findings.warn(
    path,
    `an egress listener ${isProxy ? 'of protocol HTTP_PROXY' : 'on a Unix socket'} has no effect in this version`,
    'Let the application call the hosts themselves.',
    'LAT0005',
  );
}

const ENDPOINT = /^(127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\[::\])?:([0-9]+)$/;

function checkEndpoint(endpoint: string, path: FieldPath, findings: Findings): void {
  if (endpoint.startsWith('unix://')) {
    findings.error(
      path,
      'a Unix socket cannot be reached: the proxy runs in a container of its own, with its own files',
      'Let the application listen on 127.0.0.1:PORT.',
    );
    return;
  }
  const port = ENDPOINT.exec(endpoint)?.[2];
  if (port === undefined)
    findings.error(
      path,
      `invalid defaultEndpoint ${JSON.stringify(endpoint)}`,
      'Write 127.0.0.1:PORT, 0.0.0.0:PORT, [::1]:PORT or [::]:PORT.',
    );
  else checkPort(Number(port), path, findings);
}
