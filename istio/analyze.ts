import { checkCredentials } from './analysis/credentials.ts';
import { checkDelegates } from './analysis/delegates.ts';
import { checkDestinationRules } from './analysis/destination-rules.ts';
import { checkExternalAuthorizers } from './analysis/external-authorizers.ts';
import { checkGatewayClashes } from './analysis/gateway-clashes.ts';
import { checkGatewayPorts, checkGateways } from './analysis/gateways.ts';
import type { KnownServices } from './analysis/known-services.ts';
import { MeshView } from './analysis/mesh-view.ts';
import { checkAuthorizationPolicies } from './analysis/policies.ts';
import { checkRateLimits } from './analysis/rate-limits.ts';
import { Report } from './analysis/report.ts';
import { checkRivalSelectors } from './analysis/rival-selectors.ts';
import { checkServiceEntries } from './analysis/service-entries.ts';
import { checkAnnotations, checkPortNames } from './analysis/services.ts';
import { checkProviderNames, checkTelemetryProviders } from './analysis/telemetries.ts';
import { checkTlsOrigination } from './analysis/tls-origination.ts';
import { checkHostConflicts } from './analysis/virtual-service-conflicts.ts';
import { checkDestinations } from './analysis/virtual-service-destinations.ts';
import { checkGatewayReferences, checkSubsetsAtGateways } from './analysis/virtual-service-gateways.ts';
import { checkMatchPorts } from './analysis/virtual-service-ports.ts';
import { checkRewrites } from './analysis/virtual-service-rewrites.ts';
import type { Resource } from './resource.ts';
import type { Violation } from './violation.ts';

export type { KnownServices } from './analysis/known-services.ts';

interface Analyzer {
  readonly name: string;
  readonly codes: readonly string[];
  readonly description: string;
  check(view: MeshView, report: Report, resources: readonly Resource[]): void;
}

/** In the order of their findings; the names are ours, the codes Istio's where it has one. */
export const ANALYZERS: readonly Analyzer[] = [
  {
    name: 'virtual-service-gateways',
    codes: ['IST0101', 'IST0132', 'IST0149'],
    description: 'Gateways that VirtualServices name are there and have their hosts',
    check: checkGatewayReferences,
  },
  {
    name: 'virtual-service-destinations',
    codes: ['IST0101', 'IST0112'],
    description: 'hosts, ports and subsets that routes and mirrors name are there',
    check: checkDestinations,
  },
  {
    name: 'virtual-service-ports',
    codes: ['LAT0205'],
    description: 'ports that matches name at a gateway are ports of its servers',
    check: checkMatchPorts,
  },
  {
    name: 'virtual-service-subsets-at-gateways',
    codes: ['IST0140'],
    description: 'subsets that a gateway routes to are the whole of its rules',
    check: checkSubsetsAtGateways,
  },
  {
    name: 'virtual-service-conflicts',
    codes: ['IST0109'],
    description: 'each host has one VirtualService in the mesh',
    check: checkHostConflicts,
  },
  {
    name: 'virtual-service-delegates',
    codes: ['IST0101', 'LAT0201'],
    description: 'delegates are there, and somebody delegates to them',
    check: checkDelegates,
  },
  {
    name: 'virtual-service-rewrites',
    codes: ['LAT0202'],
    description: 'rewritten paths begin with one slash',
    check: checkRewrites,
  },
  {
    name: 'destination-rules',
    codes: ['IST0128', 'IST0129', 'IST0173', 'IST0174'],
    description: 'hosts and subsets of DestinationRules select something; TLS verifies whom it speaks to',
    check: checkDestinationRules,
  },
  {
    name: 'gateways',
    codes: ['IST0101', 'IST0138', 'IST0145', 'IST0162'],
    description: 'Gateways select a proxy, open ports that it has, and do not rival each other',
    check: checkGateways,
  },
  {
    name: 'gateway-clashes',
    codes: ['LAT0209'],
    description: 'no server of a Gateway is left out for another on its port',
    check: checkGatewayClashes,
  },
  {
    name: 'credentials',
    codes: ['IST0101', 'IST0161'],
    description: 'Secrets that Gateways name are there and hold a certificate with its key',
    check: checkCredentials,
  },
  {
    name: 'service-entries',
    codes: ['IST0134', 'IST0177'],
    description: 'ServiceEntries can be told apart and agree on protocols',
    check: checkServiceEntries,
  },
  {
    name: 'tls-origination',
    codes: ['LAT0203', 'LAT0204'],
    description: 'TLS to hosts outside is spoken once, by the application or by a proxy',
    check: checkTlsOrigination,
  },
  {
    name: 'authorization-policies',
    codes: ['IST0101', 'IST0127'],
    description: 'policies act on somebody, and name namespaces that are there',
    check: checkAuthorizationPolicies,
  },
  {
    name: 'external-authorizers',
    codes: ['LAT0206'],
    description: 'CUSTOM policies ask somebody who is there',
    check: checkExternalAuthorizers,
  },
  {
    name: 'rate-limits',
    codes: ['IST0127', 'LAT0207', 'LAT0208'],
    description: 'rate limits act on somebody, and the filters and services that they need are there',
    check: checkRateLimits,
  },
  {
    name: 'selectors',
    codes: ['IST0101', 'IST0110', 'IST0111', 'IST0159', 'IST0160'],
    description: 'each workload has at most one Sidecar and one Telemetry',
    check: checkRivalSelectors,
  },
  {
    name: 'telemetry-providers',
    codes: ['IST0157'],
    description: 'access logging has a provider',
    check: checkTelemetryProviders,
  },
  {
    name: 'provider-names',
    codes: ['LAT0210'],
    description: 'providers that Telemetry names are there',
    check: checkProviderNames,
  },
  {
    name: 'port-names',
    codes: ['IST0118'],
    description: 'names of Service ports tell their protocol',
    check: checkPortNames,
  },
  {
    name: 'annotations',
    codes: ['IST0107', 'IST0108'],
    description: 'annotations are known, and stand where they act',
    check: (_view, report, resources) => checkAnnotations(resources, report),
  },
];

/**
 * Istio's cross-resource analyzers (ISTIO.md §9.1): what each document alone cannot show. Each finding names both
 * sides.
 * @param resources valid documents, in the order of precedence
 * @param known what a running mesh knows; null = files alone: then nothing that Docker would know is missed
 */
export function analyze(resources: readonly Resource[], known: KnownServices | null): Violation[] {
  const view = new MeshView(resources, known);
  const report = new Report();
  for (const { check } of ANALYZERS) check(view, report, resources);
  return report.violations;
}

/**
 * Of all that, what the controller says in its own log: certificates that are missing, wrong or expired, ports that
 * Docker does not publish, and servers that are left out.
 */
export function analyzeEntrances(resources: readonly Resource[], known: KnownServices): Violation[] {
  const view = new MeshView(resources, known);
  const report = new Report();
  checkCredentials(view, report);
  checkGatewayPorts(view, report);
  checkGatewayClashes(view, report);
  return report.violations;
}
