import { sep } from 'node:path';
import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import { LABEL } from '../../model/labels.ts';
import { CliError } from '../cli-error.ts';
import { dockerHost, socketPath } from './docker-host.ts';

/** The daemon that `docker` itself asks: by `DOCKER_HOST` and its companions, by a context, else the local socket. */
export async function createDocker(): Promise<Docker> {
  // Loaded only where it is needed: half of the start of a verb that needs no daemon.
  const { default: Client } = await import('dockerode');
  const host = process.env['DOCKER_HOST'] ? undefined : dockerHost();
  if (host === undefined) return new Client();
  const path = socketPath(host);
  if (path !== null) return new Client({ socketPath: path });
  // Its client reads all else from the environment alone.
  process.env['DOCKER_HOST'] = host;
  return new Client();
}

export interface FoundController {
  readonly id: string;
  readonly name: string;
  readonly project: string;
  readonly meshId: string;
  /** The folder of its compose file, on the machine that started it; '' = not known. */
  readonly folder: string;
}

/**
 * The running controller, by its label. `mesh` (a compose project or mesh id) chooses among several, else the folder of
 * the project that one is in.
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
      'Start the mesh: `lateen up`, or `docker compose up -d` where your compose file includes compose/mesh.yml.',
    );
  }
  if (second !== undefined) {
    const here = wanted.filter(({ folder }) => isInside(process.cwd(), folder));
    if (mesh === undefined && here.length === 1 && here[0] !== undefined) return here[0];
    throw new CliError(
      'LAT1004',
      `several controllers are running: ${wanted.map(({ project }) => project).join(', ')}`,
      'Choose one with `--mesh NAME`, or stand in the folder of its project.',
    );
  }
  return first;
}

const isInside = (path: string, folder: string) =>
  folder !== '' && (path === folder || path.startsWith(`${folder}${sep}`));

async function listControllers(docker: Docker) {
  try {
    const containers = await docker.listContainers({ filters: { label: [`${LABEL.role}=controller`] } });
    return containers.map(({ Id, Names, Labels }) => ({
      id: Id,
      name: (Names[0] ?? '').replace(/^\//, ''),
      project: Labels[LABEL.composeProject] ?? '',
      folder: Labels['com.docker.compose.project.working_dir'] ?? '',
      meshId: Labels[LABEL.mesh] || (Labels[LABEL.composeProject] ?? ''),
    }));
  } catch (cause) {
    throw daemonFailure(cause);
  }
}

/** What it means that a call to the daemon failed. */
export function daemonFailure(cause: unknown): CliError {
  if ((cause as NodeJS.ErrnoException).code === 'EACCES')
    return new CliError(
      'LAT1002',
      'you may not use the Docker socket',
      'Have yourself put into its group (`usermod -aG docker USER`), and log in again.',
    );
  const words = errorMessage(cause);
  if ((cause as { statusCode?: number }).statusCode !== undefined) return daemonRefusal(words);
  return new CliError(
    'LAT1001',
    `the Docker daemon does not answer (${words})`,
    'Start Docker, or set DOCKER_HOST.',
  );
}

/** It answers, with an error: `(HTTP code 400) unexpected - client version 1.50 is too new. …`. */
function daemonRefusal(words: string): CliError {
  const said = words.replace(/^\(HTTP code \d+\) [\w ]+ - /, '').trim();
  return /client version|API version/i.test(said)
    ? new CliError(
        'LAT1036',
        `the Docker engine does not know our API: ${said}`,
        'Install Docker 20.10 (API 1.41) or newer; if DOCKER_API_VERSION is set, unset it.',
      )
    : new CliError(
        'LAT1001',
        `the Docker daemon refuses the question (${said})`,
        'Does a proxy before its socket, or an authorization plugin, let the question through? `docker info` asks the same.',
      );
}
