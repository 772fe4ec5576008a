import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import { LABEL } from '../../model/labels.ts';
import { askController } from '../ask/ask-controller.ts';
import { dockerHost, mountableSocket } from '../ask/docker-host.ts';
import { createDocker, findController } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';
import { readEnvFile } from '../compose/read-compose.ts';
import { type MeshPackage, meshPackage } from '../mesh-package.ts';
import type { SyncPage } from '../proxy/proxy-status.ts';
import type { Progress } from '../terminal/progress.ts';
import { formatPlace } from './compose-config.ts';
import { builderEnvironment, type Engine, readEngine } from './engine.ts';
import { foreseeTrouble } from './foresee.ts';
import { ensureMeshImage, ensureProjectImages } from './images.ts';
import { waitInForce } from './in-force.ts';
import { type Interruption, watchSignals } from './interruption.ts';
import { lockProject } from './lock.ts';
import { choosePorts, meshPorts, publishedAddresses } from './mesh-ports.ts';
import { renderOverride } from './override.ts';
import { type MeshPlan, planMesh } from './plan-mesh.ts';
import { loadProject, type Project, type ProjectOptions } from './project.ts';
import { listContainers } from './project-objects.ts';
import { putBack, type SavedProject, saveProject } from './put-back.ts';
import { startFailure } from './start-failure.ts';
import { forgetProject, readOverride, writeOverride } from './state.ts';

export interface UpOptions extends ProjectOptions {
  readonly leaveOut: readonly string[];
  readonly timeoutMs: number;
  /** Options of `docker compose up`. */
  readonly more: readonly string[];
}

export interface UpResult {
  readonly project: Project;
  readonly plan: MeshPlan;
  readonly page: SyncPage;
  /** Where the mesh answers on this machine: its name → the address. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly configFolder: string;
}

/** A project, up and in its mesh; or a CliError, and all is as it was before: what ran, runs again. */
export async function bringUp(options: UpOptions, progress: Progress): Promise<UpResult> {
  const project = await loadProject(options);
  const docker = await createDocker();
  const engine = await readEngine(docker);
  const plan = planMesh(project.config, { leaveOut: options.leaveOut, isSwarm: engine.isSwarm });
  refuse(project, plan);
  const unlock = lockProject(project.name);
  const interruption = watchSignals(progress);
  try {
    return await bringUpAlone({ project, docker, engine, plan, options, progress, interruption });
  } finally {
    interruption.stop();
    unlock();
  }
}

interface Work {
  readonly project: Project;
  readonly docker: Docker;
  readonly engine: Engine;
  readonly plan: MeshPlan;
  readonly options: UpOptions;
  readonly progress: Progress;
  readonly interruption: Interruption;
}

async function bringUpAlone(work: Work): Promise<UpResult> {
  const { project, docker, engine, plan, options, progress, interruption } = work;
  const mesh = meshPackage({ ...process.env, LATEEN_IMAGE: imageOf(project) });
  const env = { ...readEnvFile(join(project.folder, '.env')), ...process.env };
  await foreseeTrouble(docker, project);
  const saved = await saveProject(docker, project.name);
  const ports = await choosePorts(project, meshPorts(mesh), saved.objects.containers, env, progress);
  await unlessInterrupted(interruption, ensureImages(work, mesh));
  const configFolder = resolve(project.folder, env['LATEEN_CONFIG_DIR'] || 'mesh');
  const meshEnv = { ...ports, ...usualEnvironment(mesh, env, engine.machine), ...builderEnvironment(engine) };
  const undo = prepare(docker, project, saved, configFolder);
  const stop = new AbortController();
  const started = start(docker, project, plan, mesh, meshEnv, options, progress, stop.signal);
  try {
    const page = await Promise.race([started, interruption.promise]);
    const addresses = publishedAddresses(await listContainers(docker, project.name));
    return { project, plan, page, addresses, configFolder };
  } catch (error) {
    stop.abort();
    // What still works would go on to start things; why it ends is known.
    await started.catch(() => undefined);
    await takeBack(project, saved, undo, progress);
    throw error;
  }
}

async function ensureImages(work: Work, mesh: MeshPackage): Promise<void> {
  const { project, docker, engine, options, progress, interruption } = work;
  const { signal } = interruption;
  const env = builderEnvironment(engine);
  const compose: Project['compose'] = (more, args, run) =>
    project.compose(more, args, { ...run, signal, env });
  await ensureMeshImage(docker, mesh, progress, { signal, env });
  await ensureProjectImages(docker, { ...project, compose }, options.more.includes('--build'), progress);
}

/** The interruption is what is told, and not what it does to the programs that work. */
async function unlessInterrupted(interruption: Interruption, work: Promise<void>): Promise<void> {
  try {
    await Promise.race([work, interruption.promise]);
  } catch (error) {
    await work.catch(() => undefined);
    if (interruption.signal.aborted) await interruption.promise;
    throw error;
  }
}

async function takeBack(
  { name }: Project,
  { containers }: SavedProject,
  undo: () => Promise<readonly string[]>,
  progress: Progress,
): Promise<void> {
  const hasRun = containers.some(({ State }) => State.Running);
  const title = hasRun ? 'Putting back what ran before' : 'Taking down what was started';
  // Why it is taken back is what is to be told.
  const failures = await progress.step(title, undo).catch((error: unknown) => [errorMessage(error)]);
  for (const failure of failures) progress.note(`Not put back: ${failure}`);
  if (failures.length === 0)
    progress.note(hasRun ? `${name} runs again as it did before.` : 'Nothing is left of what was started.');
}

/** The image that a project with the mesh in it names; else the package's own. */
const imageOf = ({ config }: Project) =>
  Object.values(config.services).find(({ labels }) => labels?.[LABEL.role] === 'controller')?.image ??
  process.env['LATEEN_IMAGE'];

function refuse(project: Project, { refusals, meshed }: MeshPlan): void {
  const [first] = refusals;
  if (first !== undefined)
    throw new CliError(
      first.code,
      `${formatPlace(project.place(first.path), project.name)}: ${first.message}`,
      first.remedy,
    );
  if (meshed.length === 0)
    throw new CliError(
      'LAT1039',
      `no service of ${project.name} can be in the mesh`,
      'Is a profile not on (`--profile NAME`), or is every service left out?',
    );
}

/** What compose/mesh.yml needs to be told where the package is not in ./node_modules. */
function usualEnvironment(
  mesh: MeshPackage,
  env: Readonly<Record<string, string | undefined>>,
  machine: string,
) {
  const path = mountableSocket(dockerHost(), machine);
  return {
    LATEEN_HOME: mesh.folder,
    LATEEN_IMAGE: mesh.image,
    ...(path !== null && !env['LATEEN_DOCKER_SOCKET'] ? { LATEEN_DOCKER_SOCKET: path } : {}),
  };
}

/** With `recursive` alone Node says of a read-only file system that the folder above is not there. */
function makeFolder(path: string): void {
  if (existsSync(dirname(path))) mkdirSync(path);
  else mkdirSync(path, { recursive: true });
}

/** Makes the config directory if there is none; gives what undoes all from here on. */
function prepare(
  docker: Docker,
  project: Project,
  saved: SavedProject,
  configFolder: string,
): () => Promise<readonly string[]> {
  const isMade = !existsSync(configFolder);
  const override = readOverride(project.name);
  try {
    if (isMade) makeFolder(configFolder);
  } catch (error) {
    throw new CliError(
      'LAT1041',
      `the folder ${configFolder} cannot be made: ${errorMessage(error)}`,
      'Make it, or let LATEEN_CONFIG_DIR name another one.',
    );
  }
  return async () => {
    const failures = await putBack(docker, project.name, saved);
    if (isMade) rmdirSync(configFolder);
    if (override === null) forgetProject(project.name);
    else writeOverride(project.name, override);
    return failures;
  };
}

async function start(
  docker: Docker,
  project: Project,
  plan: MeshPlan,
  mesh: MeshPackage,
  env: Readonly<Record<string, string>>,
  options: UpOptions,
  progress: Progress,
  signal: AbortSignal,
): Promise<SyncPage> {
  const more = plan.hasMesh
    ? []
    : [
        join(mesh.folder, 'compose', 'mesh.yml'),
        writeOverride(project.name, renderOverride(project.name, plan.meshed)),
      ];
  const up = async (title: string, ...args: string[]) => {
    const done = await progress.step(title, (onLine) =>
      project.compose(more, ['up', '-d', ...args], { env, onLine, signal }),
    );
    if (done.status !== 0) throw startFailure(project, done);
  };
  // First, so that an application's calls meet its agent from the start on.
  await up('Starting the mesh', '--no-build', '--no-deps', ...meshServices(project, plan));
  await up(`Starting ${project.name}`, ...options.more);
  const controller = await findController(docker, project.name);
  return progress.step('Waiting until every proxy is in sync', (say) =>
    waitInForce(
      docker,
      project.name,
      (path) => askController(docker, controller, path),
      options.timeoutMs,
      say,
      signal,
    ),
  );
}

function meshServices({ config }: Project, { hasMesh }: MeshPlan): string[] {
  if (!hasMesh) return ['lateen-controller', 'istio-ingressgateway', 'istio-egressgateway'];
  const roles = Object.entries(config.services).filter(([, { labels }]) =>
    ['controller', 'gateway'].includes(labels?.[LABEL.role] ?? ''),
  );
  return roles.map(([name]) => name);
}
