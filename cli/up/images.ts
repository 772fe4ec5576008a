import type Docker from 'dockerode';
import { type Finished, lastWords, type RunOptions, runDocker } from '../ask/docker-program.ts';
import { CliError } from '../cli-error.ts';
import type { MeshPackage } from '../mesh-package.ts';
import type { Progress } from '../terminal/progress.ts';
import { type ConfigService, formatPlace } from './compose-config.ts';
import type { Project } from './project.ts';

/** The mesh's own image, built from the package if it is not there. */
export async function ensureMeshImage(
  docker: Docker,
  mesh: MeshPackage,
  progress: Progress,
  options: RunOptions,
): Promise<void> {
  if (await hasImage(docker, mesh.image)) return;
  const built = await progress.step(`Building ${mesh.image} from the package`, (onLine) =>
    buildMeshImage(mesh, { ...options, onLine }),
  );
  if (built.status === 0) return;
  throw new CliError(
    'LAT1034',
    `the image ${mesh.image} cannot be built from ${mesh.folder}:\n  ${lastWords(built)}`,
    'It is based on node:26-trixie-slim and takes nftables and curl from Debian: are a registry and a Debian mirror reachable? LATEEN_IMAGE names an image that is there already.',
  );
}

async function buildMeshImage({ folder, image }: MeshPackage, options: RunOptions): Promise<Finished> {
  const args = ['build', '-t', image, '-f', `${folder}/compose/Dockerfile`, folder];
  // Debian's Docker has no buildx: its client then refuses to build unless it is told to take the old builder.
  const hasBuildx = (await runDocker(['buildx', 'version'])).status === 0;
  return runDocker(args, hasBuildx ? options : { ...options, env: { DOCKER_BUILDKIT: '0' } });
}

/** The images of the project, pulled or built where they are missing: before anything is started. */
export async function ensureProjectImages(
  docker: Docker,
  project: Project,
  mustBuild: boolean,
  progress: Progress,
): Promise<void> {
  for (const [name, service] of Object.entries(project.config.services)) {
    const isThere = await hasImage(docker, imageOf(project.name, name, service));
    const isBuilt = service.build !== undefined;
    if (isBuilt && (!isThere || mustBuild || service.pull_policy === 'build'))
      await arrange(project, name, 'Building', ['build', name], ['build'], progress);
    else if (!isBuilt && (!isThere || service.pull_policy === 'always'))
      await arrange(project, name, 'Pulling', ['pull', name], ['image'], progress);
  }
}

const imageOf = (project: string, name: string, { image }: ConfigService) => image ?? `${project}-${name}`;

async function arrange(
  project: Project,
  service: string,
  verb: 'Building' | 'Pulling',
  args: readonly string[],
  field: readonly string[],
  progress: Progress,
): Promise<void> {
  const title = `${verb} ${service}`;
  const done = await progress.step(title, (onLine) => project.compose([], args, { onLine }));
  if (done.status === 0) return;
  const place = formatPlace(project.place(['services', service, ...field]), service);
  throw new CliError(
    'LAT1034',
    `${place}: the image of service ${service} cannot be ${verb === 'Building' ? 'built' : 'pulled'}:\n  ${lastWords(done)}`,
    `Nothing was started. \`docker compose ${args.join(' ')}\` shows all that it says.`,
  );
}

async function hasImage(docker: Docker, name: string): Promise<boolean> {
  try {
    await docker.getImage(name).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}
