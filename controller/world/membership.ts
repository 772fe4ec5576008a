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
