import type Docker from 'dockerode';
import { LABEL } from '../model/labels.ts';
import { CliError } from './cli-error.ts';

/** The daemon that `DOCKER_HOST` and its companions name, else the local socket. */
export async function createDocker(): Promise<Docker> {
  // Loaded only where it is needed: half of the start of a verb that needs no daemon.
  const { default: Client } = await import('dockerode');
  return new Client();
}

export interface FoundController {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly meshId: string;
}

/**
 * The running controller, by its label. `mesh` (a compose project or mesh id) chooses among several.
 * @throws CliError with the remedy where there is none, or more than one
 */
export async function findController(docker: Docker, mesh: string | undefined): Promise<FoundController> {
  const running = await listControllers(docker);
  const wanted =
    mesh === undefined
      ? running
      : running.filter(({ project, meshId }) => project === mesh || meshId === mesh);
  const [first, second] = wanted;
  if (first === undefined) {
    const known = running.map(({ project }) => project).join(', ');
    throw new CliError(
      'LAT1003',
      mesh === undefined
        ? 'no controller is running'
        : `no controller of mesh ${mesh} is running${known === '' ? '' : ` (running: ${known})`}`,
      'Start the mesh: add compose/mesh.yml to your compose file and run `docker compose up -d`.',
    );
  }
  if (second !== undefined) {
    throw new CliError(
      'LAT1004',
      `several controllers are running: ${wanted.map(({ project }) => project).join(', ')}`,
      'Choose one with `--mesh NAME`.',
    );
  }
  return first;
}

async function listControllers(docker: Docker) {
  try {
    const containers = await docker.listContainers({ filters: { label: [`${LABEL.role}=controller`] } });
    return containers.map(({ Id, Names, Labels }) => ({
      id: Id,
      name: (Names[0] ?? '').replace(/^\//, ''),
      project: Labels[LABEL.composeProject] ?? '',
      meshId: Labels[LABEL.mesh] || (Labels[LABEL.composeProject] ?? ''),
    }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EACCES')
      throw new CliError(
        'LAT1002',
        'you may not use the Docker socket',
        'Have yourself put into its group (`usermod -aG docker USER`), and log in again.',
      );
    throw new CliError(
      'LAT1001',
      `the Docker daemon does not answer (${cause instanceof Error ? cause.message : String(cause)})`,
      'Start Docker, or set DOCKER_HOST.',
    );
  }
}
