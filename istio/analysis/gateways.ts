import { LABEL, type Labels, matchesLabels } from '../../model/labels.ts';
import type { Resource } from '../resource.ts';
import type { GatewayServer, GatewaySpec, ServerTls } from '../schema/gateway.ts';
import type { KnownWorkload } from './known-services.ts';
import type { MeshView, ServiceView } from './mesh-view.ts';
import { placeOf, type Report } from './report.ts';

type GatewayResource = Resource<GatewaySpec>;

export const NO_EGRESS_GATEWAY =
  'The egress gateway does not run: set LATEEN_EGRESS_GATEWAYS=1 (e.g. in .env), and run `docker compose up -d`.';

/** Workloads, ports and rivals of Gateways (IST0101, IST0162, IST0145, IST0138). */
export function checkGateways(view: MeshView, report: Report): void {
  for (const gateway of view.of('Gateway')) {
    if (view.workloads !== null) checkWorkloads(gateway, view, report);
    checkRivals(gateway, view, report);
    checkSharedCertificates(gateway, view, report);
  }
}

export function formatSelector(selector: Labels | undefined): string {
  return Object.entries(selector ?? {})
    .map((pair) => pair.join('='))
    .sort()
    .join(',');
}

function checkWorkloads(gateway: GatewayResource, view: MeshView, report: Report): void {
  const workloads = view.select(gateway.spec.selector, null);
  if (workloads.length === 0) {
    report.error(
      gateway,
      'IST0101',
      ['spec', 'selector'],
      `Referenced selector not found: "${formatSelector(gateway.spec.selector)}"`,
      gateway.spec.selector?.['istio'] === 'egressgateway'
        ? NO_EGRESS_GATEWAY
        : 'No running container has these labels. The ingress gateway has istio=ingressgateway.',
    );
    return;
  }
  checkPorts(gateway, workloads, view, report);
}

/** Of the findings on Gateways the one that the controller logs too: no connection would ever show that it is missing. */
export function checkGatewayPorts(view: MeshView, report: Report): void {
  for (const gateway of view.of('Gateway')) {
    const workloads = view.select(gateway.spec.selector, null);
    if (workloads.length > 0) checkPorts(gateway, workloads, view, report);
  }
}

function checkPorts(
  gateway: GatewayResource,
  workloads: readonly KnownWorkload[],
  view: MeshView,
  report: Report,
): void {
  const offered = portsOf(workloads, view);
  if (offered === null) return;
  (gateway.spec.servers ?? []).forEach(({ port }, index) => {
    if (port?.number === undefined || offered.has(port.number)) return;
    report.warn(
      gateway,
      'IST0162',
      ['spec', 'servers', index, 'port', 'number'],
      `port ${port.number} is not a port of the service of the gateway's containers (selector ${formatSelector(gateway.spec.selector)})`,
      `Its ports are ${[...offered].join(', ')}: from outside only these can be reached.${publishing(workloads, port.number)}`,
    );
  });
}

/** Docker publishes no port of a container that is there already: the line that Compose makes a new one by. */
function publishing(workloads: readonly KnownWorkload[], port: number): string {
  const names = workloads
    .filter(({ proxy }) => proxy === 'gateway')
    .map(({ labels }) => labels[LABEL.composeService]);
  const [service] = names.filter((name) => name !== undefined);
  if (service === undefined) return '';
  return (
    ` To publish it write \`services: { ${service}: { ports: ["127.0.0.1:${port}:${port}"] } }\` into compose.override.yml` +
    ' beside compose.yml, and run `docker compose up -d`, which makes the container anew.'
  );
}

function servicesOf(workloads: readonly KnownWorkload[], view: MeshView): readonly ServiceView[] {
  const ids = new Set(workloads.map(({ id }) => id));
  return [...view.services].filter(({ members }) => members?.some(({ id }) => ids.has(id)));
}

/** Ports and target ports of the services that the gateway's workloads belong to; null = they are in no service. */
function portsOf(workloads: readonly KnownWorkload[], view: MeshView): ReadonlySet<number> | null {
  const services = servicesOf(workloads, view);
  const ports = services.flatMap((service) => service.ports);
  if (services.length === 0) return null;
  return new Set(ports.flatMap(({ number, targetPort }) => [number, targetPort ?? number]));
}

/** Ports of a Gateway's workloads by the number that its servers may name: 80 and 8080 are one. */
export function targetPorts({ selector }: GatewaySpec, view: MeshView): ReadonlyMap<number, number> {
  const ports = servicesOf(view.select(selector, null), view).flatMap((service) => service.ports);
  return new Map(ports.map(({ number, targetPort = number }) => [number, targetPort]));
}

/** Gateways of the same workloads with the same port and host. */
function checkRivals(gateway: GatewayResource, view: MeshView, report: Report): void {
  const others = view
    .of('Gateway')
    .filter((other) => other !== gateway && shareWorkloads(gateway.spec, other.spec, view));
  (gateway.spec.servers ?? []).forEach((server, index) => {
    const rivals = others.filter(({ spec }) =>
      (spec.servers ?? []).some((other) => isSameEntrance(server, other)),
    );
    if (rivals.length === 0) return;
    report.error(
      gateway,
      'IST0145',
      ['spec', 'servers', index],
      `Conflict with gateways ${rivals.map(placeOf).join(', ')} (workload selector ${formatSelector(gateway.spec.selector)}, port ${server.port?.number}, hosts ${(server.hosts ?? []).join(',')})`,
      'Leave each host to one Gateway.',
    );
  });
}

export function shareWorkloads(a: GatewaySpec, b: GatewaySpec, view: MeshView): boolean {
  if (formatSelector(a.selector) === formatSelector(b.selector)) return true;
  return view.select(a.selector, null).some(({ labels }) => matchesLabels(b.selector ?? {}, labels));
}

function isSameEntrance(a: GatewayServer, b: GatewayServer): boolean {
  return (
    a.port?.number === b.port?.number &&
    (a.bind ?? '') === (b.bind ?? '') &&
    (a.hosts ?? []).some((host) => (b.hosts ?? []).includes(host))
  );
}

/** Browsers reuse a connection for all hosts of a certificate, and then ask the wrong Gateway: 404. */
function checkSharedCertificates(gateway: GatewayResource, view: MeshView, report: Report): void {
  const others = view
    .of('Gateway')
    .filter(
      (other) => other !== gateway && matchesLabels(gateway.spec.selector ?? {}, other.spec.selector ?? {}),
    );
  (gateway.spec.servers ?? []).forEach(({ tls }, index) => {
    const sharer = others.find(({ spec }) =>
      (spec.servers ?? []).some((other) => haveSameCertificate(tls, other.tls)),
    );
    if (sharer === undefined) return;
    report.warn(
      gateway,
      'IST0138',
      ['spec', 'servers', index, 'tls'],
      `Duplicate certificate in multiple gateways: ${placeOf(gateway)}, ${placeOf(sharer)} may cause 404s if clients re-use HTTP2 connections`,
      'Put the servers of one certificate into one Gateway.',
    );
  });
}

function haveSameCertificate(a: ServerTls | undefined, b: ServerTls | undefined): boolean {
  const name = a?.credentialName ?? '';
  if (name !== '' || (b?.credentialName ?? '') !== '') return name === b?.credentialName;
  const file = a?.serverCertificate ?? '';
  return file !== '' && file === b?.serverCertificate && a?.privateKey === b?.privateKey;
}
