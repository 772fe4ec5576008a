import type { ConfigMapSpec } from './config-map.ts';
import type { DestinationRuleSpec } from './destination-rule.ts';
import type { EnvoyFilterSpec } from './envoy-filter.ts';
import type { GatewaySpec } from './gateway.ts';
import type { KubernetesSecretSpec, KubernetesServiceSpec } from './kubernetes.ts';
import type { MeshConfigDocument } from './mesh-config.ts';
import type { RateLimitDocument } from './rate-limit.ts';
import type {
  AuthorizationPolicySpec,
  PeerAuthenticationSpec,
  RequestAuthenticationSpec,
} from './security.ts';
import type { ServiceEntrySpec, WorkloadEntrySpec, WorkloadGroupSpec } from './service-entry.ts';
import type { ProxyConfigSpec, SidecarSpec } from './sidecar.ts';
import type { TelemetrySpec } from './telemetry.ts';
import type { VirtualServiceSpec } from './virtual-service.ts';

/** Kind → type of its spec. */
export interface SpecOf {
  readonly VirtualService: VirtualServiceSpec;
  readonly DestinationRule: DestinationRuleSpec;
  readonly Gateway: GatewaySpec;
  readonly Service: KubernetesServiceSpec;
  readonly Secret: KubernetesSecretSpec;
  readonly MeshConfig: MeshConfigDocument;
  readonly ServiceEntry: ServiceEntrySpec;
  readonly WorkloadEntry: WorkloadEntrySpec;
  readonly WorkloadGroup: WorkloadGroupSpec;
  readonly Sidecar: SidecarSpec;
  readonly ProxyConfig: ProxyConfigSpec;
  readonly PeerAuthentication: PeerAuthenticationSpec;
  readonly RequestAuthentication: RequestAuthenticationSpec;
  readonly AuthorizationPolicy: AuthorizationPolicySpec;
  readonly Telemetry: TelemetrySpec;
  readonly EnvoyFilter: EnvoyFilterSpec;
  readonly RateLimit: RateLimitDocument;
  readonly ConfigMap: ConfigMapSpec;
}
