import { existsSync } from 'node:fs';
import type Docker from 'dockerode';
import { LABEL } from '../../model/labels.ts';
import { dockerHost, socketPath } from '../ask/docker-host.ts';
import { CliError } from '../cli-error.ts';
import { formatPlace } from './compose-config.ts';
import type { Project } from './project.ts';
import { isMissing } from './project-objects.ts';

interface Trouble {
  readonly message: string;
  readonly remedy: string;
  /** Where it is said, as a path of keys in the compose file. */
  readonly path: readonly string[];
}

/**
 * What would make `docker compose up` fail half-way is told before anything is touched: `up --dry-run` sees none of it
 * but the networks.
 * @throws CliError
 */
export async function foreseeTrouble(docker: Docker, project: Project): Promise<void> {
  const [trouble] = [
    ...(await missingObjects(docker, project)),
    ...(await takenNames(docker, project)),
    ...(socketPath(dockerHost()) === null ? [] : missingFiles(project)),
  ];
  if (trouble === undefined) return;
  throw new CliError(
    'LAT1044',
    `${formatPlace(project.place(trouble.path), project.name)}: ${trouble.message}`,
    `${trouble.remedy} Nothing was started.`,
  );
}

async function missingObjects(docker: Docker, { config }: Project): Promise<Trouble[]> {
  const looks = { networks: (name: string) => docker.getNetwork(name).inspect(), volumes: volumeOf(docker) };
  const found: Trouble[] = [];
  for (const kind of ['networks', 'volumes'] as const)
    for (const [key, { external, name = key }] of Object.entries(config[kind] ?? {}))
      if (external === true && !(await isThere(() => looks[kind](name))))
        found.push({
          message: `the ${kind.slice(0, -1)} ${name} is external, and is not there`,
          remedy: `docker ${kind.slice(0, -1)} create ${name}.`,
          path: [kind, key, 'name'],
        });
  return found;
}

const volumeOf = (docker: Docker) => (name: string) => docker.getVolume(name).inspect();

async function takenNames(docker: Docker, { name: project, config }: Project): Promise<Trouble[]> {
  const found: Trouble[] = [];
  for (const [service, { container_name: name }] of Object.entries(config.services)) {
    if (name === undefined) continue;
    let owner: string | undefined;
    const isTaken = await isThere(async () => {
      owner = (await docker.getContainer(name).inspect()).Config.Labels?.[LABEL.composeProject];
    });
    if (isTaken && owner !== project)
      found.push({
        message: `a container of the name ${name} is there already${owner === undefined ? '' : `, of the project ${owner}`}`,
        remedy: `Take container_name out, or remove that one: docker rm -f ${name}.`,
        path: ['services', service, 'container_name'],
      });
  }
  return found;
}

function missingFiles({ config }: Project): Trouble[] {
  const mounts = Object.entries(config.services).flatMap(([service, { volumes = [], labels }]) =>
    volumes.flatMap(({ type, source = '', bind }, index) =>
      // The mesh's own folder is made.
      type === 'bind' && bind?.create_host_path !== true && labels?.[LABEL.role] === undefined
        ? [{ file: source, path: ['services', service, 'volumes', String(index)] }]
        : [],
    ),
  );
  const kept = (['secrets', 'configs'] as const).flatMap((kind) =>
    Object.entries(config[kind] ?? {}).flatMap(([name, { file }]) =>
      file === undefined ? [] : [{ file, path: [kind, name, 'file'] }],
    ),
  );
  return [...mounts, ...kept]
    .filter(({ file }) => !existsSync(file))
    .map(({ file, path }) => ({
      message: `${file} is to be mounted, and is not there`,
      remedy: 'Make it, or mend the path.',
      path,
    }));
}

async function isThere(look: () => Promise<unknown>): Promise<boolean> {
  try {
    await look();
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
