import { buildWorld } from '../../controller/world/build-world.ts';
import type { KnownServices } from '../../istio/analyze.ts';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import type { Resource } from '../../istio/resource.ts';
import type { Violation } from '../../istio/violation.ts';
import { LABEL } from '../../model/labels.ts';
import { composeContainers } from './compose-containers.ts';
import type { Environment } from './interpolate.ts';
import { readCompose } from './read-compose.ts';

export interface ComposeMesh {
  readonly known: KnownServices;
  readonly violations: readonly Violation[];
}

/** The services and workloads that a mesh of these compose files would have, by the controller's own rules. */
export function composeMesh(
  files: readonly string[],
  environment: Environment,
  resources: readonly Resource[],
): ComposeMesh {
  const project = readCompose(files, environment);
  const containers = composeContainers(project);
  const { world, violations } = buildWorld({
    membership: { meshId: project.env['LATEEN_MESH'] || project.name, project: project.name },
    mesh: DEFAULT_MESH_CONFIG,
    containers: containers.map(({ facts }) => facts),
    openPorts: () => null,
    resources,
  });
  const vague = new Set(
    containers
      .filter(
        ({ facts, hasUnknownPorts }) =>
          hasUnknownPorts &&
          facts.labels[LABEL.ports] === undefined &&
          facts.labels[LABEL.role] === undefined,
      )
      .map(({ facts }) => facts.id),
  );
  const services = world.services.map((service) => ({
    ...service,
    hasUnknownPorts: service.members.some((id) => vague.has(id)),
  }));
  const lines = new Map(containers.map(({ facts, service }) => [`Container ${facts.name}`, service.line]));
  return {
    known: { services, workloads: world.workloads },
    violations: violations.map((violation) => ({ ...violation, line: lines.get(violation.resource) ?? 0 })),
  };
}
