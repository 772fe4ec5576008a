import type { Metadata } from '../metadata.ts';
import type { ConfigMapSpec } from '../schema/config-map.ts';
import type { DestinationRuleSpec } from '../schema/destination-rule.ts';
import type { EnvoyFilterSpec } from '../schema/envoy-filter.ts';
import type { GatewaySpec } from '../schema/gateway.ts';
import type { KubernetesServiceSpec } from '../schema/kubernetes.ts';
import type { MeshConfigDocument } from '../schema/mesh-config.ts';
import type { RateLimitDocument } from '../schema/rate-limit.ts';
import type {
  AuthorizationPolicySpec,
  PeerAuthenticationSpec,
  RequestAuthenticationSpec,
} from '../schema/security.ts';
import type { ServiceEntrySpec, WorkloadEntrySpec, WorkloadGroupSpec } from '../schema/service-entry.ts';
import type { ProxyConfigSpec, SidecarSpec } from '../schema/sidecar.ts';
import type { TelemetrySpec } from '../schema/telemetry.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import { validateAuthorizationPolicy } from './authorization-policy.ts';
import { validateConfigMap } from './config-map.ts';
import { validateDestinationRule } from './destination-rule.ts';
import { validateEnvoyFilter } from './envoy-filter.ts';
import { type Finding, Findings } from './finding.ts';
import { validateGateway } from './gateway.ts';
import { checkInertFields } from './inert-fields.ts';
import { validateMeshConfig } from './mesh-config.ts';
import { validatePeerAuthentication } from './peer-authentication.ts';
import { validateRateLimit } from './rate-limit.ts';
import { validateRequestAuthentication } from './request-authentication.ts';
import { checkSelector } from './selector.ts';
import { validateService } from './service.ts';
import { validateServiceEntry } from './service-entry.ts';
import { validateSidecar } from './sidecar.ts';
import { validateTelemetry } from './telemetry.ts';
import { validateVirtualService } from './virtual-service.ts';
import { validateWorkloadEntry, validateWorkloadGroup } from './workload-entry.ts';

/** Istio's semantic validation of one resource (`pkg/config/validation`). The schema was checked before. */
export function validateSpec(kind: string, spec: unknown, metadata: Metadata): readonly Finding[] {
  const findings = new Findings();
  switch (kind) {
    case 'VirtualService':
      validateVirtualService(spec as VirtualServiceSpec, metadata, findings);
      break;
    case 'DestinationRule':
      validateDestinationRule(spec as DestinationRuleSpec, metadata, findings);
      break;
    case 'Gateway':
      validateGateway(spec as GatewaySpec, metadata, findings);
      break;
    case 'Service':
      validateService(spec as KubernetesServiceSpec, findings);
      break;
    case 'MeshConfig':
      validateMeshConfig(spec as MeshConfigDocument, findings);
      break;
    case 'ServiceEntry':
      validateServiceEntry(spec as ServiceEntrySpec, metadata, findings);
      break;
    case 'WorkloadEntry':
      validateWorkloadEntry(spec as WorkloadEntrySpec, [], { portNames: null, mayBeName: true }, findings);
      break;
    case 'WorkloadGroup':
      validateWorkloadGroup(spec as WorkloadGroupSpec, findings);
      break;
    case 'Sidecar':
      validateSidecar(spec as SidecarSpec, metadata, findings);
      break;
    case 'ProxyConfig':
      checkSelector((spec as ProxyConfigSpec).selector, ['selector'], findings);
      break;
    case 'PeerAuthentication':
      validatePeerAuthentication(spec as PeerAuthenticationSpec, findings);
      break;
    case 'RequestAuthentication':
      validateRequestAuthentication(spec as RequestAuthenticationSpec, findings);
      break;
    case 'AuthorizationPolicy':
      validateAuthorizationPolicy(spec as AuthorizationPolicySpec, metadata, findings);
      break;
    case 'Telemetry':
      validateTelemetry(spec as TelemetrySpec, findings);
      break;
    case 'EnvoyFilter':
      validateEnvoyFilter(spec as EnvoyFilterSpec, findings);
      break;
    case 'RateLimit':
      validateRateLimit(spec as RateLimitDocument, findings);
      break;
    case 'ConfigMap':
      validateConfigMap(spec as ConfigMapSpec, findings);
      break;
  }
  checkInertFields(kind, spec, findings);
  return findings.list;
}
