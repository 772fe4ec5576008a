// The mesh's own image, built only when its inputs changed.
import { step } from './progress.mjs';
import { bin, must, root } from './shell.mjs';

/** The tag that compose/mesh.yml takes; another one lets several checkouts be tested side by side. */
export const IMAGE = process.env.LATEEN_IMAGE || 'lateen:0.1.0';

export async function buildMeshImage() {
  await step(`Building ${IMAGE}`, async () => {
    await must(bin('node'), ['scripts/build.mjs']);
    await must('docker', ['build', '-q', '-t', IMAGE, '-f', 'compose/Dockerfile', root], {
      env: { DOCKER_BUILDKIT: '0' },
    });
  });
}
