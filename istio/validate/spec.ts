import type { DestinationRuleSpec } from '../schema/destination-rule.ts';
import type { GatewaySpec } from '../schema/gateway.ts';
import type { KubernetesServiceSpec } from '../schema/kubernetes.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import { validateDestinationRule } from './destination-rule.ts';
import { type Finding, Findings, type Metadata } from './finding.ts';
import { validateGateway } from './gateway.ts';
import { validateService } from './service.ts';
import { validateVirtualService } from './virtual-service.ts';

/** Istio's semantic validation of one resource (`pkg/config/validation`). The schema was checked before. */
export function validateSpec(kind: string, spec: unknown, metadata: Metadata): readonly Finding[] {
  const findings = new Findings();
  switch (kind) {
    case 'VirtualService':
      validateVirtualService(spec as VirtualServiceSpec, metadata, findings);
      break;
    case 'DestinationRule':
      validateDestinationRule(spec as DestinationRuleSpec, findings);
      break;
    case 'Gateway':
      validateGateway(spec as GatewaySpec, findings);
      break;
    case 'Service':
      validateService(spec as KubernetesServiceSpec, findings);
      break;
  }
  return findings.list;
}
