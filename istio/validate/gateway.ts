import type { FieldPath } from '../field-path.ts';
import { isIpAddress } from '../ip-address.ts';
import type { Metadata } from '../metadata.ts';
import type { GatewayServer, GatewaySpec } from '../schema/gateway.ts';
import type { Findings } from './finding.ts';
import { validateServerTls } from './server-tls.ts';
import { checkPort, HTTP_PROTOCOLS, isDnsLabel, isHost, isPartialWildcard, TLS_PROTOCOLS } from './values.ts';

const TCP_PROTOCOLS = ['TCP', 'MONGO', 'REDIS', 'MYSQL'];
export const GATEWAY_PROTOCOLS: readonly string[] = [
  ...HTTP_PROTOCOLS,
  ...TLS_PROTOCOLS,
  ...TCP_PROTOCOLS,
].filter((protocol) => protocol !== 'HTTP_PROXY');

/** `ValidateGateway` of Istio. */
export function validateGateway(spec: GatewaySpec, { name }: Metadata, findings: Findings): void {
  const servers = spec.servers ?? [];
  if (!isDnsLabel(name))
    findings.error(
      [],
      `invalid name of a Gateway: ${JSON.stringify(name)}`,
      'A name without dots is needed.',
    );
  if (servers.length === 0) findings.error(['servers'], 'a Gateway must have at least one server');
  if (Object.keys(spec.selector ?? {}).length === 0)
    findings.warn(
      ['selector'],
      'without a selector this Gateway applies to every gateway',
      'Add `selector: { istio: ingressgateway }`.',
    );
  const names = servers.map((server) => server.port?.name ?? '');
  servers.forEach((server, index) => {
    const path = ['servers', index];
    validatePort(server, path, findings);
    if (names[index] !== '' && names.indexOf(names[index] ?? '') !== index)
      findings.error(
        [...path, 'port', 'name'],
        `port names must be unique: ${JSON.stringify(names[index])} is there twice`,
        'Rename one.',
      );
    if ((server.hosts ?? []).length === 0)
      findings.error(
        [...path, 'hosts'],
        'a server must have at least one host',
        'Use `hosts: ["*"]` for all.',
      );
    (server.hosts ?? []).forEach((host, hostIndex) => {
      validateHost(host, [...path, 'hosts', hostIndex], findings);
    });
    validateBind(server, path, findings);
    validateTls(server, path, findings);
  });
}

const isUnixSocket = (bind: string | undefined) => bind?.startsWith('unix://') === true;

function validatePort(server: GatewayServer, path: FieldPath, findings: Findings): void {
  const { port, bind } = server;
  const at = [...path, 'port'];
  if (port === undefined) {
    findings.error(at, 'port is required', 'Add `port: { number: 80, name: http, protocol: HTTP }`.');
    return;
  }
  if (port.number === undefined && !isUnixSocket(bind))
    findings.error([...at, 'number'], 'port.number is required', 'Is `number` indented below `port`?');
  if (!isUnixSocket(bind)) checkPort(port.number, [...at, 'number'], findings);
  if ((port.name ?? '') === '')
    findings.error([...at, 'name'], 'port.name is required', 'Give it a name such as `http`.');
  if ((port.targetPort ?? 0) > 0)
    findings.error([...at, 'targetPort'], 'targetPort has no effect in a Gateway', 'Remove it.');
  if (!GATEWAY_PROTOCOLS.includes((port.protocol ?? '').toUpperCase()))
    findings.error(
      [...at, 'protocol'],
      `unsupported protocol ${JSON.stringify(port.protocol ?? '')}`,
      `Use one of ${GATEWAY_PROTOCOLS.join(', ')}.`,
    );
}

function validateBind({ bind = '', port }: GatewayServer, path: FieldPath, findings: Findings): void {
  if (bind === '') return;
  const at = [...path, 'bind'];
  if (isUnixSocket(bind))
    findings.warn(
      at,
      'a gateway here listens on no Unix socket: this server is left out',
      'Bind an address.',
      'LAT0005',
    );
  if (!isUnixSocket(bind)) {
    if (!isIpAddress(bind)) findings.error(at, `${JSON.stringify(bind)} is no IP address`);
    return;
  }
  if (!/^unix:\/\/(@|\/.*[^/]$)/.test(bind))
    findings.error(at, `${JSON.stringify(bind)} is no absolute path`);
  if ((port?.number ?? 0) !== 0)
    findings.error([...path, 'port', 'number'], 'a Unix socket has no port number', 'Write 0.');
}

function validateHost(host: string, path: FieldPath, findings: Findings): void {
  const slash = host.indexOf('/');
  const namespace = host.slice(0, Math.max(slash, 0));
  const name = host.slice(slash + 1);
  if (slash >= 0 && namespace !== '*' && namespace !== '.' && !isDnsLabel(namespace))
    findings.error(
      path,
      `invalid namespace in ${JSON.stringify(host)}`,
      'Write NAMESPACE/HOST, ./HOST or */HOST.',
    );
  if (!isHost(name) || isPartialWildcard(name))
    findings.error(
      path,
      `invalid host ${JSON.stringify(host)}`,
      'Write "*", "*.example.com" or a full name.',
    );
  else if (name !== '*' && !name.includes('.') && !isIpAddress(name))
    findings.error(
      path,
      `short names (non FQDN) are not allowed: ${JSON.stringify(host)}`,
      'Write a full name such as shop.example.com, or "*".',
    );
}

function validateTls(server: GatewayServer, path: FieldPath, findings: Findings): void {
  const protocol = (server.port?.protocol ?? '').toUpperCase();
  const isTls = TLS_PROTOCOLS.has(protocol);
  const { tls } = server;
  const at = [...path, 'tls'];
  if (isTls && tls === undefined)
    findings.error(
      at,
      `a server with protocol ${protocol} must have tls settings`,
      'Add `tls: { mode: SIMPLE, credentialName: ... }`.',
    );
  if (tls === undefined) return;
  validateServerTls(tls, at, findings);
  if (tls.httpsRedirect === true && !HTTP_PROTOCOLS.has(protocol))
    findings.warn([...at, 'httpsRedirect'], 'httpsRedirect acts on servers with protocol HTTP only');
  if (isTls || !GATEWAY_PROTOCOLS.includes(protocol)) return;
  if (!HTTP_PROTOCOLS.has(protocol)) {
    findings.error(at, `tls settings are not allowed for ${protocol}`, 'Use protocol TLS.');
    return;
  }
  const hasFiles = [tls.serverCertificate, tls.privateKey, tls.caCertificates].some(
    (file) => file !== undefined,
  );
  if ((tls.mode ?? 'PASSTHROUGH') !== 'PASSTHROUGH' || hasFiles)
    findings.error(
      at,
      `a server with protocol ${protocol} may have tls.httpsRedirect only`,
      'Use protocol HTTPS.',
    );
}
