import type { z } from 'zod';
import { closestWord } from '../base/closest-word.ts';
import { hasRateLimitConfig } from './rate-limit-config.ts';
import { configMap } from './schema/config-map.ts';
import { destinationRule } from './schema/destination-rule.ts';
import { envoyFilter } from './schema/envoy-filter.ts';
import { gateway } from './schema/gateway.ts';
import { kubernetesSecret, kubernetesService } from './schema/kubernetes.ts';
import { meshConfigDocument } from './schema/mesh-config.ts';
import { rateLimitDocument } from './schema/rate-limit.ts';
import { authorizationPolicy, peerAuthentication, requestAuthentication } from './schema/security.ts';
import { serviceEntry, workloadEntry, workloadGroup } from './schema/service-entry.ts';
import { proxyConfig, sidecar } from './schema/sidecar.ts';
import { telemetry } from './schema/telemetry.ts';
import { virtualService } from './schema/virtual-service.ts';
import { fieldsOf } from './schema-walk.ts';

/** Every kind of document that can stand in the config directory. */
export interface Kind {
  readonly kind: string;
  /** All of them mean the same schema, as in Istio. */
  readonly apiVersions: readonly string[];
  readonly schema: z.ZodType;
  /** Fields stand beside `metadata` instead of under `spec`. */
  readonly isFlat: boolean;
  /** Read and checked, but nothing follows from it yet: said in a warning, so that nobody relies on it. */
  readonly isInert: boolean;
  /** Names of the fields directly in the spec. */
  readonly fields: readonly string[];
  /** Its name where the document gives none; '' = it must. */
  readonly defaultName: string;
  /** Whether a document of this kind is any of ours; absent = every one. */
  readonly isOurs?: (fields: Readonly<Record<string, unknown>>) => boolean;
}

const NETWORKING = ['networking.istio.io/v1', 'networking.istio.io/v1beta1', 'networking.istio.io/v1alpha3'];
const SECURITY = ['security.istio.io/v1', 'security.istio.io/v1beta1'];
const TELEMETRY = ['telemetry.istio.io/v1', 'telemetry.istio.io/v1alpha1'];
/** Kinds that are not Istio's: what EnvoyFilter is written for there, in a plain form. */
const OWN = ['lateen.dev/v1alpha1'];
const EXTENSIONS = ['extensions.istio.io/v1alpha1'];

function active(kind: string, apiVersions: readonly string[], schema: z.ZodType): Kind {
  const fields = fieldsOf(schema);
  return { kind, apiVersions, schema, isFlat: false, isInert: false, fields, defaultName: '' };
}

function inert(kind: string, apiVersions: readonly string[], schema: z.ZodType): Kind {
  return { ...active(kind, apiVersions, schema), isInert: true };
}

const KINDS: readonly Kind[] = [
  active('VirtualService', NETWORKING, virtualService),
  active('DestinationRule', NETWORKING, destinationRule),
  active('Gateway', NETWORKING, gateway),
  active('Service', ['v1'], kubernetesService),
  {
    ...active('MeshConfig', ['mesh.istio.io/v1alpha1'], meshConfigDocument),
    isFlat: true,
    defaultName: 'meshconfig',
  },
  active('ServiceEntry', NETWORKING, serviceEntry),
  active('WorkloadEntry', NETWORKING, workloadEntry),
  inert('WorkloadGroup', NETWORKING, workloadGroup),
  active('Sidecar', NETWORKING, sidecar),
  inert('ProxyConfig', NETWORKING, proxyConfig),
  active('PeerAuthentication', SECURITY, peerAuthentication),
  active('RequestAuthentication', SECURITY, requestAuthentication),
  active('AuthorizationPolicy', SECURITY, authorizationPolicy),
  active('Telemetry', TELEMETRY, telemetry),
  { ...active('Secret', ['v1'], kubernetesSecret), isFlat: true },
  active('EnvoyFilter', ['networking.istio.io/v1alpha3'], envoyFilter),
  active('RateLimit', OWN, rateLimitDocument),
  { ...active('ConfigMap', ['v1'], configMap), isFlat: true, isOurs: hasRateLimitConfig },
];

/** Kinds whose meaning is Envoy's own configuration: they cannot act in another proxy. */
export const ENVOY_KINDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['WasmPlugin', EXTENSIONS],
  ['TrafficExtension', EXTENSIONS],
]);

const byName = new Map(KINDS.map((kind) => [kind.kind, kind]));

export function findKind(kind: string): Kind | undefined {
  return byName.get(kind);
}

export const KIND_NAMES: readonly string[] = [...byName.keys(), ...ENVOY_KINDS.keys()];
export const ALL_KINDS: readonly Kind[] = KINDS;

/** Kinds of 2018 and before, which old documents and slides still show → what took their place. */
const SUCCESSORS: ReadonlyMap<string, string> = new Map([
  ['RouteRule', 'VirtualService'],
  ['DestinationPolicy', 'DestinationRule'],
  ['EgressRule', 'ServiceEntry'],
  ['ExternalService', 'ServiceEntry'],
  ['Policy', 'PeerAuthentication and RequestAuthentication'],
  ['MeshPolicy', 'PeerAuthentication in the root namespace'],
  ['ServiceRole', 'AuthorizationPolicy'],
  ['ServiceRoleBinding', 'AuthorizationPolicy'],
  ['RbacConfig', 'AuthorizationPolicy'],
  ['ClusterRbacConfig', 'AuthorizationPolicy'],
  ['rule', 'AuthorizationPolicy and Telemetry (Mixer is gone)'],
  ['denier', 'AuthorizationPolicy (Mixer is gone)'],
  ['handler', 'AuthorizationPolicy and Telemetry (Mixer is gone)'],
  ['instance', 'Telemetry (Mixer is gone)'],
]);

const HINTS: ReadonlyMap<string, string> = new Map([
  ['IstioOperator', 'Move what is below spec.meshConfig into a file meshconfig.yaml.'],
  [
    'ConfigMap',
    'If it is "istio", move the text below data.mesh into a file meshconfig.yaml; only limits of envoyproxy/ratelimit are read.',
  ],
  ['HTTPRoute', 'Gateway API is not supported: write a VirtualService.'],
  ['Ingress', 'Write a Gateway and a VirtualService.'],
]);

/** What to do about a document of a kind that is not known. */
export function kindRemedy(kind: string, apiVersion: string): string {
  const successor = SUCCESSORS.get(kind);
  if (successor !== undefined) return `It was replaced by ${successor}.`;
  const hint = HINTS.get(kind);
  if (hint !== undefined) return hint;
  const near = closestWord(kind, KIND_NAMES);
  if (near !== null) return `Did you mean "${near}"?`;
  return apiVersion.includes('istio.io')
    ? `Known kinds: ${KIND_NAMES.join(', ')}.`
    : 'It belongs to Kubernetes: describe containers in the compose file.';
}
