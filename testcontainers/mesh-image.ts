import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type getContainerRuntimeClient, ImageName } from 'testcontainers';
import { errorMessage } from '../base/errors.ts';
import { type MeshPackage, meshPackage } from '../cli/mesh-package.ts';
import { meshError } from './mesh-error.ts';
import { oneAtATime } from './one-at-a-time.ts';

type Runtime = Awaited<ReturnType<typeof getContainerRuntimeClient>>;
type Docker = Runtime['container']['dockerode'];
type Say = (line: string) => void;

const DOCKERFILE = 'compose/Dockerfile';

/**
 * The image of the mesh, built out of the package where the engine does not have it: once, for all that come later and
 * for all test files that wait for it now.
 */
export async function ensureMeshImage(
  runtime: Runtime,
  image: string,
  say: Say = (line) => process.stderr.write(`lateen: ${line}\n`),
  { folder }: MeshPackage = meshPackage(),
): Promise<void> {
  const docker = runtime.container.dockerode;
  if (await isThere(docker, image)) return;
  const build = async () => {
    if (await isThere(docker, image)) return;
    const startedMs = Date.now();
    say(`this engine does not have the image ${image} yet: it is built now, which takes about a minute`);
    try {
      await buildImage(runtime, image, folder, say);
    } catch (cause) {
      const remedy = `Look at what \`docker build -f ${join(folder, DOCKERFILE)} ${folder}\` says.`;
      throw meshError(`the image ${image} could not be built: ${errorMessage(cause)}`, remedy, cause);
    }
    say(`${image} is built, after ${Math.round((Date.now() - startedMs) / 1000)} s`);
  };
  await oneAtATime(`lateen-build-${image}`, build, () =>
    say(`another process builds ${image}; waiting for it`),
  );
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

async function buildImage(runtime: Runtime, image: string, folder: string, say: Say): Promise<void> {
  const docker = runtime.container.dockerode;
  // By testcontainers, since it knows how to log in to a registry.
  const [, base = ''] = /^FROM (\S+)/m.exec(await readFile(join(folder, DOCKERFILE), 'utf8')) ?? [];
  await runtime.image.pull(ImageName.fromString(base));
  const src = [DOCKERFILE, ...(await filesBelow(folder, 'dist'))];
  // forcerm: a build whose test process is killed leaves no container behind.
  const options = { t: image, dockerfile: DOCKERFILE, rm: true, forcerm: true };
  const stream = await docker.buildImage({ context: folder, src }, options);
  await new Promise<void>((resolve, reject) => {
    const onProgress = ({ stream: text = '' }: { stream?: string }) => {
      if (/^Step \d/.test(text)) say(text.trim());
    };
    const onEnd = (error: Error | null) => (error === null ? resolve() : reject(error));
    docker.modem.followProgress(stream, onEnd, onProgress);
  });
}

async function filesBelow(folder: string, name: string): Promise<string[]> {
  const entries = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}
