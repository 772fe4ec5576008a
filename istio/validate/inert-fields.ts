import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';

/**
 * Fields that are read and checked, but that nothing follows from in this version. Said in a warning, so that nobody
 * relies on them; a field that comes into force leaves this list. `*` stands for every item of a list.
 */

/** Below a server's own `connectionPool`: an upgrade to HTTP/2 ends at its proxy. */
const INBOUND_POOL = ['http.h2UpgradePolicy'];

export const INERT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  ServiceEntry: ['endpoints.*.network', 'endpoints.*.serviceAccount'],
  WorkloadEntry: ['network', 'serviceAccount'],
  Sidecar: [
    'ingress.*.tls',
    'ingress.*.bind',
    ...INBOUND_POOL.map((field) => `ingress.*.connectionPool.${field}`),
    ...INBOUND_POOL.map((field) => `inboundConnectionPool.${field}`),
  ],
  VirtualService: ['http.*.match.*.statPrefix', 'tcp.*.match.*.sourceSubnet'],
  Gateway: ['servers.*.defaultEndpoint'],
  AuthorizationPolicy: ['targetRef', 'targetRefs'],
  RequestAuthentication: ['targetRef', 'targetRefs'],
  Telemetry: ['targetRef', 'targetRefs'],
  EnvoyFilter: [
    'targetRefs',
    ...[
      'proxy',
      'listener.portName',
      'listener.filterChain.name',
      'listener.filterChain.transportProtocol',
      'listener.filterChain.applicationProtocols',
      'listener.listenerFilter',
      'routeConfiguration.portName',
      'routeConfiguration.gateway',
      'cluster',
      'waypoint',
    ].map((field) => `configPatches.*.match.${field}`),
  ],
  Service: ['sessionAffinity'],
};

/** A warning for each such field that is there. */
export function checkInertFields(kind: string, spec: unknown, findings: Findings): void {
  for (const pattern of INERT_FIELDS[kind] ?? []) {
    for (const path of find(spec, pattern.split('.'), []))
      findings.warn(path, `${path.at(-1)} has no effect in this version`, '', 'LAT0005');
  }
}

function* find(value: unknown, [step, ...rest]: readonly string[], path: FieldPath): Generator<FieldPath> {
  if (step === undefined) yield path;
  else if (step === '*') {
    const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
    for (const [index, item] of items.entries()) yield* find(item, rest, [...path, index]);
  } else if (typeof value === 'object' && value !== null && step in value)
    yield* find((value as Readonly<Record<string, unknown>>)[step], rest, [...path, step]);
}
