import { asksForAgent, LABEL, type Role } from '../../model/labels.ts';
import type { ContainerFacts } from './container-facts.ts';

/** Which mesh a controller serves: the containers of its own compose project, and any that carry the mesh's id. */
export interface Membership {
  readonly meshId: string;
  /** '' = the controller was not started by Compose. */
  readonly project: string;
  /** A mesh of tests: what makes traffic come out the same each time is allowed, and every request is told of. */
  readonly isTest?: boolean;
}

/** A label beats the project: so a container can be given to another mesh. */
export function isMember(membership: Membership, { labels }: ContainerFacts): boolean {
  const claimed = labels[LABEL.mesh] ?? '';
  if (claimed !== '') return claimed === membership.meshId;
  return membership.project !== '' && labels[LABEL.composeProject] === membership.project;
}

/**
 * The containers that a mesh has to do with: its members, and whoever lives in the namespace of one. What others on the
 * same daemon do, as every test run with containers of its own, is no reason to look at anything.
 */
export function containersOfMesh(
  membership: Membership,
  containers: ReadonlyMap<string, ContainerFacts>,
): ReadonlyMap<string, ContainerFacts> {
  const isOf = (facts: ContainerFacts | undefined) => facts !== undefined && isMember(membership, facts);
  const concerns = (facts: ContainerFacts) =>
    isOf(facts) || isOf(containers.get(namespaceOwner(facts) ?? ''));
  return new Map([...containers].filter(([, facts]) => concerns(facts)));
}

/** Whose network namespace the container lives in; null = its own. */
function namespaceOwner({ networkMode }: ContainerFacts): string | null {
  return networkMode.startsWith('container:') ? networkMode.slice('container:'.length) : null;
}

export function roleOf({ labels }: ContainerFacts): Role | null {
  const role = labels[LABEL.role];
  return role === 'controller' || role === 'agent' || role === 'gateway' ? role : null;
}

export function isInjected({ labels }: ContainerFacts): boolean {
  return asksForAgent(labels);
}

/** `docker compose run`: a visitor, not a part of its service. */
export function isOneOff({ labels }: ContainerFacts): boolean {
  return labels[LABEL.composeOneOff] === 'True';
}

/** It has the identity of a service and an agent of its own, but nobody is to call it: it is behind no service. */
export function isVisitor({ labels }: ContainerFacts): boolean {
  return labels[LABEL.actsAs] !== undefined;
}

/**
 * An agent that Compose started itself and whose namespace its app joins (`network_mode: service:…`), so that no
 * packet ever goes around it: it is the workload, with what its application says (`withApplications`).
 */
export function ownsNamespace(facts: ContainerFacts): boolean {
  return roleOf(facts) === 'agent' && facts.labels[LABEL.agentFor] === undefined;
}
