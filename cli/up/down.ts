import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { LABEL } from '../../model/labels.ts';
import { lastWords, runDocker } from '../ask/docker-program.ts';
import { createDocker } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';
import { meshPackage } from '../mesh-package.ts';
import type { Progress } from '../terminal/progress.ts';
import { readEngine } from './engine.ts';
import { lockProject } from './lock.ts';
import { loadProject, type Project, type ProjectOptions } from './project.ts';
import { listObjects, removeContainers } from './project-objects.ts';
import { forgetProject, overrideFile } from './state.ts';

export interface DownOptions extends ProjectOptions {
  readonly volumes: boolean;
  /** Options of `docker compose down`. */
  readonly more: readonly string[];
}

/** Removes a project and its mesh; gives the project's name. Volumes stay, unless they are to go. */
export async function takeDown(options: DownOptions, progress: Progress): Promise<string> {
  const docker = await createDocker();
  await readEngine(docker);
  const name = options.projectName ?? null;
  const project = await tryLoad(options);
  const projectName = name ?? project?.name ?? '';
  const { containers } = await listObjects(docker, projectName);
  if (containers.length === 0 && !existsSync(overrideFile(projectName)))
    throw new CliError('LAT1040', `nothing of the project ${projectName} runs`, 'Start it with `lateen up`.');
  const unlock = lockProject(projectName);
  try {
    await progress.step(`Removing ${projectName}`, async (onLine) => {
      await composeDown(project, projectName, options.more, onLine);
      await removeLeftovers(docker, projectName);
      if (options.volumes) await composeDown(project, projectName, ['--volumes', ...options.more], onLine);
      // Services of a profile that is not on now, and was, are none of the project as Compose reads it.
      if (await isAnythingLeft(docker, projectName))
        await composeDown(
          null,
          projectName,
          [...(options.volumes ? ['--volumes'] : []), ...options.more],
          onLine,
        );
    });
    forgetProject(projectName);
  } finally {
    unlock();
  }
  return projectName;
}

async function isAnythingLeft(docker: Docker, name: string): Promise<boolean> {
  const { containers, networks } = await listObjects(docker, name);
  return containers.length > 0 || networks.length > 0;
}

/** By a name alone it can be taken down too, wherever its files are. */
async function tryLoad(options: DownOptions): Promise<Project | null> {
  try {
    return await loadProject(options);
  } catch (error) {
    if (options.projectName !== undefined && error instanceof CliError) return null;
    throw error;
  }
}

/** Compose then goes by the labels alone, and takes no file that happens to be near for the project's. */
const NO_FILES = { cwd: '/', env: { COMPOSE_FILE: '' } };

async function composeDown(
  project: Project | null,
  name: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const override = overrideFile(name);
  const mesh = join(meshPackage().folder, 'compose', 'mesh.yml');
  const done =
    project === null
      ? await runDocker(['compose', '-p', name, 'down', '--remove-orphans', ...args], {
          onLine,
          ...NO_FILES,
        })
      : await project.compose(
          existsSync(override) ? [mesh, override] : [],
          ['down', '--remove-orphans', ...args],
          { onLine, env: { LATEEN_HOME: meshPackage().folder } },
        );
  if (done.status !== 0)
    throw new CliError(
      'LAT1037',
      `${name} could not be removed:\n  ${lastWords(done, 3)}`,
      'Mend what Compose says, and run it again.',
    );
}

/** Agents end with their applications; what is still there now would hold the volumes. */
async function removeLeftovers(docker: Docker, name: string): Promise<void> {
  const { containers } = await listObjects(docker, name);
  await removeContainers(
    docker,
    containers.filter(({ Labels }) => Labels[LABEL.role] === 'agent'),
  );
}
