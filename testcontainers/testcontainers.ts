/** What `lateen/testcontainers` exports. */
export { type MeshPackage, meshPackage } from '../cli/mesh-package.ts';
export type { RuleRef, ViolationView } from '../model/console.ts';
export type { ObservedParty } from '../model/observation.ts';
export {
  assertMtls,
  assertRetried,
  assertSplit,
  type MeshMatchers,
  meshMatchers,
} from './assertions.ts';
export type { RetryOptions, Split, SplitOptions } from './expectations.ts';
export type { JoinableContainer, JoinableEnvironment, JoinOptions } from './joinable.ts';
export { LateenMesh } from './lateen-mesh.ts';
export type { GatewayOptions } from './mesh-containers.ts';
export { MeshError } from './mesh-error.ts';
export type {
  AppliedYaml,
  MeshRequest,
  RequestFilter,
  RequestMark,
  StartedLateenMesh,
} from './started-mesh.ts';
