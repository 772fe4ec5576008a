import type { AuthenticationSpec } from './authentication.ts';
import type { AuthorizationSpec } from './authorization.ts';
import type { ClusterSpec } from './cluster.ts';
import type { EndpointsSpec } from './endpoint.ts';
import type { ListenerSpec } from './listener.ts';
import type { NameEntrySpec } from './name-entry.ts';
import type { NodeSpec } from './node.ts';
import type { RateLimitsSpec } from './rate-limit.ts';
import type { RouteConfigSpec } from './route.ts';
import type { SecretSpec } from './secret.ts';
import type { WorkloadSpec } from './workload.ts';

/** The kinds of named resources, in the order in which they are applied and printed. */
export const RESOURCE_KINDS = [
  'node',
  'workload',
  'secret',
  'endpoint',
  'cluster',
  'route',
  'authentication',
  'authorization',
  'rateLimit',
  'listener',
  'name',
] as const;

export type ResourceKind = (typeof RESOURCE_KINDS)[number];

export interface ResourceTypes {
  readonly node: NodeSpec;
  readonly workload: WorkloadSpec;
  readonly secret: SecretSpec;
  readonly endpoint: EndpointsSpec;
  readonly cluster: ClusterSpec;
  readonly route: RouteConfigSpec;
  readonly authentication: AuthenticationSpec;
  readonly authorization: AuthorizationSpec;
  readonly rateLimit: RateLimitsSpec;
  readonly listener: ListenerSpec;
  readonly name: NameEntrySpec;
}

/** Per kind a map from name to resource. The only `node` is called `self`. */
export type Resources = { readonly [K in ResourceKind]: ReadonlyMap<string, ResourceTypes[K]> };

/** All that one proxy needs. Compared by resource, not by version: a version only names what was sent. */
export interface Snapshot {
  readonly resources: Resources;
}

export function emptyResources(): { [K in ResourceKind]: Map<string, ResourceTypes[K]> } {
  return {
    node: new Map(),
    workload: new Map(),
    secret: new Map(),
    endpoint: new Map(),
    cluster: new Map(),
    route: new Map(),
    authentication: new Map(),
    authorization: new Map(),
    rateLimit: new Map(),
    listener: new Map(),
    name: new Map(),
  };
}
