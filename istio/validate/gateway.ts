import type { FieldPath } from '../field-path.ts';
import type { GatewayServer, GatewaySpec } from '../schema/gateway.ts';
import type { Findings } from './finding.ts';
import { checkPort, isDnsLabel, isHost } from './values.ts';

export const GATEWAY_PROTOCOLS = [
  'HTTP',
  'HTTP2',
  'GRPC',
  'GRPC-WEB',
  'HTTPS',
  'TLS',
  'TCP',
  'MONGO',
  'REDIS',
  'MYSQL',
];

/** `ValidateGateway` of Istio. */
export function validateGateway(spec: GatewaySpec, findings: Findings): void {
  const servers = spec.servers ?? [];
  if (servers.length === 0) findings.error(['servers'], 'a Gateway must have at least one server');
  if (Object.keys(spec.selector ?? {}).length === 0) {
    findings.warn(
      ['selector'],
      'without a selector this Gateway applies to every gateway',
      'Add `selector: { istio: ingressgateway }`.',
    );
  }
  const names = servers.map((server) => server.port?.name ?? '');
  servers.forEach((server, index) => {
    const path = ['servers', index];
    validatePort(server, path, findings);
    if (names.indexOf(names[index] ?? '') !== index) {
      findings.error(
        [...path, 'port', 'name'],
        `port names must be unique: ${JSON.stringify(names[index])} is there twice`,
        'Rename one.',
      );
    }
    if ((server.hosts ?? []).length === 0)
      findings.error(
        [...path, 'hosts'],
        'a server must have at least one host',
        'Use `hosts: ["*"]` for all.',
      );
    (server.hosts ?? []).forEach((host, hostIndex) => {
      validateHost(host, [...path, 'hosts', hostIndex], findings);
    });
    validateTls(server, path, findings);
  });
}

function validatePort(server: GatewayServer, path: FieldPath, findings: Findings): void {
  const { port } = server;
  const at = [...path, 'port'];
  if (port === undefined) {
    findings.error(at, 'port is required');
    return;
  }
  if (port.number === undefined)
    findings.error([...at, 'number'], 'port.number is required', 'Is `number` indented below `port`?');
  checkPort(port.number, [...at, 'number'], findings);
  if ((port.name ?? '') === '')
    findings.error([...at, 'name'], 'port.name is required', 'Give it a name such as `http`.');
  if (port.targetPort !== undefined)
    findings.error([...at, 'targetPort'], 'targetPort is not allowed in a Gateway');
  if (!GATEWAY_PROTOCOLS.includes((port.protocol ?? '').toUpperCase())) {
    findings.error(
      [...at, 'protocol'],
      `unsupported protocol ${JSON.stringify(port.protocol ?? '')}`,
      `Use one of ${GATEWAY_PROTOCOLS.join(', ')}.`,
    );
  }
}

function validateHost(host: string, path: FieldPath, findings: Findings): void {
  const slash = host.indexOf('/');
  const namespace = slash < 0 ? '' : host.slice(0, slash);
  const name = host.slice(slash + 1);
  if (slash >= 0 && namespace !== '*' && namespace !== '.' && !isDnsLabel(namespace)) {
    findings.error(path, `invalid namespace in ${JSON.stringify(host)}`);
  }
  if (!isHost(name))
    findings.error(
      path,
      `invalid host ${JSON.stringify(host)}`,
      'Write "*", "*.example.com" or a full name.',
    );
  else if (name !== '*' && !name.includes('.') && !name.includes(':')) {
    findings.error(
      path,
      `short names (non FQDN) are not allowed: ${JSON.stringify(host)}`,
      'Write a full name such as shop.example.com.',
    );
  }
}

function validateTls(server: GatewayServer, path: FieldPath, findings: Findings): void {
  const protocol = (server.port?.protocol ?? '').toUpperCase();
  const needsTls = protocol === 'HTTPS' || protocol === 'TLS';
  const { tls } = server;
  if (needsTls && tls === undefined)
    findings.error([...path, 'tls'], `a server with protocol ${protocol} must have tls settings`);
  if (tls === undefined || needsTls) return;
  const isRedirectOnly = tls.mode === undefined || tls.mode === 'PASSTHROUGH';
  if (['TCP', 'MONGO', 'REDIS', 'MYSQL'].includes(protocol))
    findings.error([...path, 'tls'], `tls settings are not allowed for ${protocol}`);
  else if (!isRedirectOnly || tls.credentialName !== undefined || tls.serverCertificate !== undefined) {
    findings.error(
      [...path, 'tls'],
      `a server with protocol ${protocol} may have tls.httpsRedirect only`,
      'Use protocol HTTPS.',
    );
  }
}
