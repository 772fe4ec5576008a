import type { Violation } from '../../istio/violation.ts';
import { asksForAgent, LABEL, type Labels, refusesAgent } from '../../model/labels.ts';
import { agentName } from './agent-service.ts';
import { lineOfField } from './compose-text.ts';
import { CONTROL_VOLUME, findMesh } from './mesh-parts.ts';
import type { ComposeProjectTexts, InjectContext, ProjectService } from './project.ts';
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
    const faults = faultsOf(service, project, context);
    if (faults.length === 0) chosen.push(service);
    else if (asks || !faults.every(({ code }) => code === 'LAT0302' || code === 'LAT0305'))
      violations.push(...faults);
  }
  violations.push(...leftOut(project, context));
  return { chosen, violations };
}

export function labelsOf(fields: Fields, { interpolate }: InjectContext): Labels {
  return Object.fromEntries(
    Object.entries(mappingOf(fields['labels'])).map(([name, value]) => [
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
  { files }: ComposeProjectTexts,
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
  const networks = Object.assign({}, ...files.map(({ fields }) => fieldsOf(fields['networks']))) as Fields;
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

/** Who includes a file cannot change its services. */
function leftOut({ included }: ComposeProjectTexts, context: InjectContext): Violation[] {
  return included.flatMap(({ file }) =>
    [...(file?.services.values() ?? [])]
      .filter(({ fields }) => asksForAgent(labelsOf(fields, context)))
      .map(({ name }) =>
        fileViolation(file?.name ?? '', file === null ? 0 : lineOfField(file, name, 'labels'), {
          code: 'LAT0306',
          message: `the included service ${name} asks for an agent, and an included file cannot be changed from outside`,
          remedy: `Give that file by -f, after the one that includes it, and take it out of \`include\`; or take the label ${LABEL.inject} out.`,
        }),
      ),
  );
}
