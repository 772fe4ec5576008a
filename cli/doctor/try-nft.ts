import type Docker from 'dockerode';
import { errorMessage } from '../../base/errors.ts';
import { meshPackage } from '../mesh-package.ts';
import type { NftTrial } from './facts.ts';

const RULES =
  'add table inet lateen-doctor { chain c { type nat hook output priority -100; meta l4proto tcp ct state new redirect to :1; }; }';

/**
 * Loads a rule as an agent does, in a namespace that is gone a moment later; null = the image of the mesh is not here.
 * Not by `docker run`: Podman refuses to attach to a container that has not been started.
 */
export async function tryNft(docker: Docker): Promise<NftTrial | null> {
  const { image } = meshPackage();
  try {
    await docker.getImage(image).inspect();
  } catch {
    return null;
  }
  let container: Docker.Container | null = null;
  try {
    container = await docker.createContainer({
      Image: image,
      Entrypoint: ['nft'],
      Cmd: [RULES],
      // One stream, without frames.
      Tty: true,
      HostConfig: { NetworkMode: 'none', CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'] },
    });
    await container.start();
    const { StatusCode: status } = (await container.wait()) as { StatusCode: number };
    const log = await container.logs({ stdout: true, stderr: true, follow: false });
    return { didStart: true, said: status === 0 ? '' : firstLine(String(log)) || `nft ended with ${status}` };
  } catch (error) {
    return { didStart: false, said: firstLine(errorMessage(error)) };
  } finally {
    await container?.remove({ force: true }).catch(() => undefined);
  }
}

const firstLine = (text: string) => text.trim().split(/\r?\n/)[0] ?? '';
