import { GenericContainer, type getContainerRuntimeClient, type ImageName } from 'testcontainers';
import { type MeshPackage, meshPackage } from '../cli/mesh-package.ts';
import { meshError } from './mesh-error.ts';

type Runtime = Awaited<ReturnType<typeof getContainerRuntimeClient>>;

/** The image of the mesh, built out of the package where the engine does not have it: once, for all that come later. */
export async function ensureMeshImage(
  { container }: Runtime,
  image: string,
  say: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
  { folder }: MeshPackage = meshPackage(),
): Promise<void> {
  if (await isThere(container.dockerode, image)) return;
  const startedMs = Date.now();
  say(`lateen: building the image ${image}, which this engine does not have yet; about a minute …`);
  try {
    await GenericContainer.fromDockerfile(folder, 'compose/Dockerfile').build(image, { deleteOnExit: false });
  } catch (cause) {
    const remedy = `Look at what \`docker build -f ${folder}/compose/Dockerfile ${folder}\` says.`;
    throw meshError(`the image ${image} could not be built`, remedy, cause);
  }
  say(`lateen: ${image} is built, after ${Math.round((Date.now() - startedMs) / 1000)} s`);
}

async function isThere(
  docker: Runtime['container']['dockerode'],
  image: ImageName['string'],
): Promise<boolean> {
  try {
    await docker.getImage(image).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}
