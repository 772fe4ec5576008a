import { checkCredentials } from './analysis/credentials.ts';
import { checkDelegates } from './analysis/delegates.ts';
import { checkDestinationRules } from './analysis/destination-rules.ts';
import { checkGateways } from './analysis/gateways.ts';
import type { KnownServices } from './analysis/known-services.ts';
import { MeshView } from './analysis/mesh-view.ts';
import { checkAuthorizationPolicies } from './analysis/policies.ts';
import { Report } from './analysis/report.ts';
import { checkRivalSelectors } from './analysis/rival-selectors.ts';
import { checkServiceEntries } from './analysis/service-entries.ts';
import { checkAnnotations, checkPortNames } from './analysis/services.ts';
import { checkTelemetryProviders } from './analysis/telemetries.ts';
import { checkHostConflicts } from './analysis/virtual-service-conflicts.ts';
import { checkDestinations } from './analysis/virtual-service-destinations.ts';
import { checkGatewayReferences, checkSubsetsAtGateways } from './analysis/virtual-service-gateways.ts';
import type { Resource } from './resource.ts';
import type { Violation } from './violation.ts';

export type { KnownServices } from './analysis/known-services.ts';

/**
 * Istio's cross-resource analyzers (ISTIO.md §9.1): what each document alone cannot show. Each finding names both
 * sides.
 * @param resources valid documents, in the order of precedence
 * @param known what a running mesh knows; null = files alone: then nothing that Docker would know is missed
 */
export function analyze(resources: readonly Resource[], known: KnownServices | null): Violation[] {
  const view = new MeshView(resources, known);
  const report = new Report();
  checkGatewayReferences(view, report);
  checkDestinations(view, report);
  checkSubsetsAtGateways(view, report);
  checkHostConflicts(view, report);
  checkDelegates(view, report);
  checkDestinationRules(view, report);
  checkGateways(view, report);
  checkCredentials(view, report);
  checkServiceEntries(view, report);
  checkAuthorizationPolicies(view, report);
  checkRivalSelectors(view, report);
  checkTelemetryProviders(view, report);
  checkPortNames(view, report);
  checkAnnotations(resources, report);
  return report.violations;
}
