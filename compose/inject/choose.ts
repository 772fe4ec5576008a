import type { Violation } from '../../istio/violation.ts';
import { asksForAgent, LABEL, type Labels, refusesAgent } from '../../model/labels.ts';
import { agentName } from './agent-service.ts';
import type { InjectContext } from './context.ts';
import { labelFields } from './label-files.ts';
import { CONTROL_VOLUME, findMesh, isMeshFile } from './mesh-parts.ts';
import { allTexts, type ComposeProjectTexts, type ProjectService } from './project.ts';
import { type Fields, fieldsOf, mappingOf, textOf } from './value.ts';
import { fileViolation, serviceViolation } from './violations.ts';

export interface Choice {
  readonly chosen: readonly ProjectService[];
  readonly violations: readonly Violation[];
}

/**
 * Services that get an agent: those whose labels ask for one, as with attached agents; or all that have a network of
 * their own and do not refuse. What cannot have one is told, where it asks for one.
 */
export function chooseServices(project: ComposeProjectTexts, context: InjectContext, isAll: boolean): Choice {
  const chosen: ProjectService[] = [];
  const violations: Violation[] = [];
  for (const service of project.services.values()) {
    const labels = labelsOf(service.fields, context);
    const asks = asksForAgent(labels);
    if (labels[LABEL.role] !== undefined || !(asks || (isAll && !refusesAgent(labels)))) continue;
    if (service.included !== null && hasAgent(service, project, context)) continue;
    const faults = faultsOf(service, project, context);
    if (faults.length === 0) chosen.push(service);
    else if (asks || !faults.every(({ code }) => code === 'LAT0302' || code === 'LAT0305'))
      violations.push(...faults);
  }
  violations.push(...unread(project));
  return { chosen, violations };
}

/** An included file may have been injected on its own. */
function hasAgent(
  { name }: ProjectService,
  { services }: ComposeProjectTexts,
  context: InjectContext,
): boolean {
  const { [LABEL.role]: role, [LABEL.agentOf]: owner } = labelsOf(
    services.get(agentName(name))?.fields ?? {},
    context,
  );
  return role === 'agent' && owner === name;
}

export function labelsOf(fields: Fields, { interpolate }: InjectContext): Labels {
  return Object.fromEntries(
    Object.entries(labelFields(fields)).map(([name, value]) => [
      interpolate(name),
      interpolate(textOf(value)),
    ]),
  );
}

function faultsOf(
  service: ProjectService,
  project: ComposeProjectTexts,
  context: InjectContext,
): Violation[] {
  return [
    ...networkFaults(service, project, context),
    ...replicaFaults(service, context),
    ...swarmFaults(service, project, context),
    ...nameFaults(service, project),
    ...meshFaults(service, project, context),
  ];
}

function networkFaults(
  service: ProjectService,
  { services }: ComposeProjectTexts,
  context: InjectContext,
): Violation[] {
  const mode = context.interpolate(textOf(service.fields['network_mode']));
  if (['', 'bridge', 'default'].includes(mode)) return [];
  const owner = services.get(mode.replace(/^service:/, ''));
  if (owner !== undefined && labelsOf(owner.fields, context)[LABEL.role] === 'agent')
    return [
      serviceViolation(service, 'network_mode', {
        code: 'LAT0305',
        message: `it has an agent already, ${owner.name}, that lateen inject did not write`,
        remedy: `Take the service ${owner.name} and this line out, or the label ${LABEL.inject}.`,
      }),
    ];
  const why =
    mode === 'host' || mode === 'none'
      ? 'it has no network namespace of its own that an agent could stand in'
      : mode.includes(':')
        ? 'its namespace is that of another'
        : 'a network that is named here has no aliases, by which others find it';
  return [
    serviceViolation(service, 'network_mode', {
      code: 'LAT0302',
      message: `network_mode is ${JSON.stringify(mode)}: ${why}`,
      remedy: `Use \`networks\` in its place, or leave the label ${LABEL.inject} out.`,
    }),
  ];
}

function replicaFaults(service: ProjectService, { interpolate }: InjectContext): Violation[] {
  const { scale, deploy } = service.fields;
  const replicas = fieldsOf(deploy)['replicas'];
  const [field, written] = scale === undefined ? ['deploy.replicas', replicas] : ['scale', scale];
  const count = Number(interpolate(textOf(written)) || 1);
  if (count === 0 || count === 1) return [];
  const names = `${service.name}-1, ${service.name}-2`;
  return [
    serviceViolation(service, field, {
      code: 'LAT0303',
      message: `${Number.isNaN(count) ? textOf(written) : count} containers cannot share the network namespace of one agent`,
      remedy: `Write a service for each (${names} …) with one label app, which makes them one service of the mesh; or let the controller attach the agents, without inject.`,
    }),
  ];
}

const SWARM_MODES = ['global', 'replicated-job', 'global-job'];

function swarmFaults(
  service: ProjectService,
  project: ComposeProjectTexts,
  context: InjectContext,
): Violation[] {
  const deploy = fieldsOf(service.fields['deploy']);
  const told = (field: string, message: string) =>
    serviceViolation(service, field, {
      code: 'LAT0304',
      message: `${message} is for Docker Swarm, where containers of other hosts could not join a namespace`,
      remedy: 'Take it out; lateen inject is for `docker compose`.',
    });
  const mode = context.interpolate(textOf(deploy['mode']));
  if (SWARM_MODES.includes(mode)) return [told('deploy.mode', `deploy.mode ${mode}`)];
  if (deploy['endpoint_mode'] !== undefined) return [told('deploy.endpoint_mode', 'deploy.endpoint_mode')];
  const networks = Object.assign(
    {},
    ...allTexts(project).map(({ fields }) => fieldsOf(fields['networks'])),
  ) as Fields;
  return Object.keys(mappingOf(service.fields['networks']))
    .filter((name) => {
      const { driver, attachable } = fieldsOf(networks[name]);
      return textOf(driver) === 'overlay' && textOf(attachable) !== 'true';
    })
    .map((name) => told('networks', `the overlay network ${name} without \`attachable: true\``));
}

function nameFaults(service: ProjectService, { services }: ComposeProjectTexts): Violation[] {
  const other = services.get(agentName(service.name));
  if (other === undefined) return [];
  return [
    serviceViolation(other, '', {
      code: 'LAT0305',
      message: `the agent of ${service.name} is to be called so`,
      remedy: 'Call this service something else; if it is an agent that `lateen inject` wrote, take it out.',
    }),
  ];
}

/** An agent speaks with the controller of its own project, which serves one mesh. */
function meshFaults(
  service: ProjectService,
  project: ComposeProjectTexts,
  context: InjectContext,
): Violation[] {
  const claimed = labelsOf(service.fields, context)[LABEL.mesh] ?? '';
  const own = [`\${LATEEN_MESH:-}`, `\${COMPOSE_PROJECT_NAME:-}`].map((text) => context.interpolate(text));
  if (claimed === '' || own.includes(claimed) || findMesh(project).controller === '') return [];
  const volume = `${CONTROL_VOLUME}: { external: true, name: ${claimed}_${CONTROL_VOLUME} }`;
  return [
    serviceViolation(service, 'labels', {
      code: 'LAT0311',
      message: `it is of the mesh ${claimed}, and this project's controller serves another`,
      remedy: `Declare that mesh's control volume (volumes: { ${volume} }) in the place of compose/mesh.yml, or set LATEEN_MESH.`,
    }),
  ];
}

const isRemote = (path: string) => /^[\w.-]+@|:\/\/|^oci:|\.git(?:#|$)/.test(path);

/** What cannot be read keeps its services as they are; where it is no file of this machine, Compose may yet find it. */
function unread({ included }: ComposeProjectTexts): Violation[] {
  return included
    .filter(({ path, file }) => file === null && !isMeshFile(path))
    .map(({ path, by, line }) =>
      fileViolation(by.name, line, {
        code: 'LAT0306',
        severity: isRemote(path) ? 'Warning' : 'Error',
        message: `the included file ${path} cannot be read, so its services would go around the mesh`,
        remedy: isRemote(path)
          ? 'If they are to have agents, keep a copy of it beside this file and include that.'
          : 'Check the path: it begins at the project directory.',
      }),
    );
}
