import { isWildcard } from '../../istio/host.ts';

/** What a way out for one host takes, as Istio's documents. */

export interface WayOut {
  /** A DNS name, or `*.example.com`. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'http' | 'tls' | 'tcp';
  /** Applications speak plain HTTP, and a proxy TLS to the host. */
  readonly originatesTls: boolean;
  /** Straight from each sidecar, not through the egress gateway. */
  readonly isDirect: boolean;
}

export interface EgressDocument {
  readonly apiVersion: 'networking.istio.io/v1';
  readonly kind: 'ServiceEntry' | 'Gateway' | 'VirtualService' | 'DestinationRule';
  readonly metadata: { readonly name: string };
  readonly spec: object;
}

interface Port {
  readonly number: number;
  readonly name: string;
  readonly protocol: string;
  readonly targetPort?: number;
}

const GATEWAY_HOST = 'istio-egressgateway.istio-system.svc.cluster.local';
/** Where applications call a host to which a proxy speaks TLS. */
const PLAIN: Port = { number: 80, name: 'http', protocol: 'HTTP' };

export function egressDocuments(way: WayOut): EgressDocument[] {
  const { host, originatesTls, isDirect } = way;
  const called = originatesTls ? PLAIN : portOf(way);
  const make = documentMaker(host);
  const rules = originatesTls ? [make('DestinationRule', originationSpec(way))] : [];
  if (isDirect) return [make('ServiceEntry', entrySpec(host, [directPort(way, called)])), ...rules];
  const ports = originatesTls && !isWildcard(host) ? [PLAIN, portOf(way)] : [called];
  const name = gatewayName(host);
  return [
    make('ServiceEntry', entrySpec(host, ports)),
    make('Gateway', gatewaySpec(host, called), name),
    make('VirtualService', ruleSpec(way, called, name)),
    ...rules,
  ];
}

/** The first label that says something: `api.example.com` → `api-example-com`, `*.x.com` → `any-x-com`. */
const nameOf = (host: string) => host.replace('*', 'any').replaceAll('.', '-');
const gatewayName = (host: string) => `egress-${nameOf(host)}`;

function documentMaker(host: string) {
  return (kind: EgressDocument['kind'], spec: object, name = nameOf(host)): EgressDocument => ({
    ...{ apiVersion: 'networking.istio.io/v1', kind, metadata: { name }, spec },
  });
}

function portOf({ host, port, protocol, originatesTls }: WayOut): Port {
  // What a wildcard means is looked up by the Host, whose port is 443 where a proxy speaks TLS.
  if (originatesTls && isWildcard(host)) return PLAIN;
  const name = originatesTls ? 'https' : protocol;
  return { number: port, name, protocol: name.toUpperCase() };
}

/** A sidecar speaks TLS at the port where the host takes it, whichever port was called. */
const directPort = ({ host, originatesTls, port }: WayOut, called: Port): Port =>
  originatesTls && !isWildcard(host) ? { ...called, targetPort: port } : called;

function entrySpec(host: string, ports: readonly Port[]): object {
  // What a wildcard means is told by each call.
  const resolution = isWildcard(host) ? 'DYNAMIC_DNS' : 'DNS';
  return { hosts: [host], location: 'MESH_EXTERNAL', resolution, ports };
}

function gatewaySpec(host: string, port: Port): object {
  const tls = port.protocol === 'TLS' ? { tls: { mode: 'PASSTHROUGH' } } : {};
  return { selector: { istio: 'egressgateway' }, servers: [{ port, hosts: [host], ...tls }] };
}

/** The first rule is that of the sidecars, the second that of the gateway. */
function ruleSpec(way: WayOut, called: Port, gateway: string): object {
  const { host } = way;
  const to = (target: string, number: number) => [{ destination: { host: target, port: { number } } }];
  const sni = called.protocol === 'TLS' ? { sniHosts: [host] } : {};
  const step = (from: string, route: object) => ({
    match: [{ gateways: [from], port: called.number, ...sni }],
    route,
  });
  const rules = [step('mesh', to(GATEWAY_HOST, called.number)), step(gateway, to(host, portOf(way).number))];
  return { hosts: [host], gateways: ['mesh', gateway], [called.protocol.toLowerCase()]: rules };
}

function originationSpec(way: WayOut): object {
  const { host, isDirect } = way;
  // Without a server name of its own TLS asks for the host of each request.
  const sni = isWildcard(host) ? {} : { sni: host };
  const tls = { mode: 'SIMPLE', ...sni, caCertificates: 'system' };
  const { number } = isDirect ? PLAIN : portOf(way);
  return { host, trafficPolicy: { portLevelSettings: [{ port: { number }, tls }] } };
}
