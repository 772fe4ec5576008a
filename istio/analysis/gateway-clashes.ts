import { gatewayFamily } from '../gateway-family.ts';
import type { Resource } from '../resource.ts';
import type { GatewayServer, GatewaySpec } from '../schema/gateway.ts';
import { shareWorkloads, targetPorts } from './gateways.ts';
import type { MeshView } from './mesh-view.ts';
import { placeOf, type Report } from './report.ts';

interface PlacedServer {
  readonly gateway: Resource<GatewaySpec>;
  readonly server: GatewayServer;
}

/** Servers that their port has no room for: what is spoken there, and who ends TLS for a host, the first settles. */
export function checkGatewayClashes(view: MeshView, report: Report): void {
  const seen: PlacedServer[] = [];
  for (const gateway of view.of('Gateway')) {
    const targets = targetPorts(gateway.spec, view);
    const portOf = ({ port }: GatewayServer) => targets.get(port?.number ?? 0) ?? port?.number;
    (gateway.spec.servers ?? []).forEach((server, index) => {
      const before = seen.filter(
        (other) =>
          portOf(other.server) === portOf(server) &&
          (other.gateway === gateway || shareWorkloads(gateway.spec, other.gateway.spec, view)),
      );
      checkServer({ gateway, server }, index, before, report);
      seen.push({ gateway, server });
    });
  }
}

function checkServer(
  { gateway, server }: PlacedServer,
  index: number,
  before: readonly PlacedServer[],
  report: Report,
): void {
  const [first] = before;
  if (first === undefined) return;
  const leftOut = (field: string, why: string, remedy: string) =>
    report.warn(
      gateway,
      'LAT0209',
      ['spec', 'servers', index, field],
      `this server is left out: ${why}`,
      remedy,
    );
  if (gatewayFamily(first.server) !== gatewayFamily(server)) {
    const { number, protocol } = first.server.port ?? {};
    const why = `port ${number} is ${protocol} by ${placeOf(first.gateway)}, and cannot be ${server.port?.protocol} as well`;
    leftOut('port', why, 'Give it another port, or the same protocol.');
    return;
  }
  if (gatewayFamily(server) !== 'tls' || !endsTls(server)) return;
  // Of two Gateways IST0145 says it.
  const own = before.filter((other) => other.gateway === gateway && endsTls(other.server));
  const taken = new Set(own.flatMap((other) => other.server.hosts ?? []));
  const hosts = server.hosts ?? [];
  if (hosts.length === 0 || !hosts.every((host) => taken.has(host))) return;
  leftOut('hosts', `an earlier server ends TLS for ${hosts.join(', ')}`, 'Leave each host to one server.');
}

const endsTls = ({ tls }: GatewayServer) =>
  tls?.mode !== undefined && tls.mode !== 'PASSTHROUGH' && tls.mode !== 'AUTO_PASSTHROUGH';
