import { resolveShortName } from '../host.ts';
import type { Resource } from '../resource.ts';
import type { ClientTls, DestinationRuleSpec } from '../schema/destination-rule.ts';
import type { ServiceEntrySpec } from '../schema/service-entry.ts';
import type { MeshView } from './mesh-view.ts';
import { placeOf, type Report } from './report.ts';

/**
 * Who speaks TLS to a host outside: the application or a proxy, never both (LAT0203), and somebody where the host wants
 * it (LAT0204).
 */
export function checkTlsOrigination(view: MeshView, report: Report): void {
  for (const entry of view.of('ServiceEntry')) {
    for (const host of entry.spec.hosts ?? []) {
      const rule = view
        .of('DestinationRule')
        .find((each) => resolveShortName(each.spec.host ?? '', each.namespace) === host.toLowerCase());
      (entry.spec.ports ?? []).forEach((port, index) => {
        checkPort({ entry, host, port, path: ['spec', 'ports', index], rule }, view, report);
      });
    }
  }
}

interface Place {
  readonly entry: Resource<ServiceEntrySpec>;
  readonly host: string;
  readonly port: NonNullable<ServiceEntrySpec['ports']>[number];
  readonly path: (string | number)[];
  readonly rule: Resource<DestinationRuleSpec> | undefined;
}

function checkPort({ entry, host, port, path, rule }: Place, view: MeshView, report: Report): void {
  const { number = 0, protocol = '', targetPort = 0 } = port;
  const mode = tlsOf(rule, number)?.mode;
  const originates = mode === 'SIMPLE' || mode === 'MUTUAL';
  const isTls = ['HTTPS', 'TLS'].includes(protocol.toUpperCase());
  const isHttp = ['HTTP', 'HTTP2', 'GRPC'].includes(protocol.toUpperCase());
  if (rule !== undefined && originates && isTls && !isRoutedAsHttp(view, host, number))
    report.warn(
      rule,
      'LAT0203',
      ['spec', 'trafficPolicy'],
      `double TLS: applications speak TLS to ${host}:${number} themselves (protocol ${protocol} in ${placeOf(entry)}), and the proxy wraps it in TLS once more`,
      'Remove `tls` here; or, if applications speak plain HTTP, give the ServiceEntry a port 80 with protocol HTTP and `targetPort: 443`, and set `tls` for port 80.',
    );
  if (isTls && !originates && isRoutedAsHttp(view, host, number))
    report.warn(
      entry,
      'LAT0204',
      [...path, 'protocol'],
      `plain requests are routed to ${host}:${number}, where TLS is spoken`,
      `Add a DestinationRule for ${host} with \`tls: { mode: SIMPLE }\` for port ${number}.`,
    );
  if (isHttp && number === 443 && !originates)
    report.warn(
      entry,
      'LAT0204',
      [...path, 'protocol'],
      `plain ${protocol} on port 443 of ${host}: an application that calls https://${host} is refused, for its bytes are no HTTP`,
      'Write `protocol: TLS`; or, if applications speak plain HTTP and the proxy is to speak TLS, add a DestinationRule with `tls: { mode: SIMPLE }`.',
    );
  if (
    isHttp &&
    number === 80 &&
    originates &&
    targetPort !== 443 &&
    // There the Host has the port: 443 without one, where TLS is spoken.
    entry.spec.resolution !== 'DYNAMIC_DNS' &&
    (entry.spec.endpoints ?? []).length === 0
  )
    report.warn(
      entry,
      'LAT0204',
      [...path, 'targetPort'],
      `TLS is spoken to port ${targetPort || number} of ${host}, where plain HTTP is usual`,
      'Add `targetPort: 443`.',
    );
}

/** A port's own settings replace those of the rule as a whole. */
function tlsOf(rule: Resource<DestinationRuleSpec> | undefined, number: number): ClientTls | undefined {
  const policy = rule?.spec.trafficPolicy;
  const own = policy?.portLevelSettings?.find(({ port }) => port?.number === number);
  return own === undefined ? policy?.tls : own.tls;
}

/** Such a route has plain requests for the port: that the proxy speaks TLS for them is meant. */
function isRoutedAsHttp(view: MeshView, host: string, number: number): boolean {
  return view
    .of('VirtualService')
    .some(({ spec, namespace }) =>
      (spec.http ?? [])
        .flatMap(({ route = [] }) => route)
        .some(
          ({ destination }) =>
            resolveShortName(destination?.host ?? '', namespace) === host.toLowerCase() &&
            destination?.port?.number === number,
        ),
    );
}
