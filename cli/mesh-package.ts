import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package itself, installed or as a clone: from its folder the image is built, and its compose file is there. */
export interface MeshPackage {
  readonly folder: string;
  readonly version: string;
  /** What the mesh's containers run; its tag is the package's version. */
  readonly image: string;
}

/** `LATEEN_HOME` and `LATEEN_IMAGE` mean here what they mean in compose/mesh.yml. */
export function meshPackage(env: Readonly<Record<string, string | undefined>> = process.env): MeshPackage {
  const folder = env['LATEEN_HOME'] || packageFolder();
  const { version } = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));
  return { folder, version, image: env['LATEEN_IMAGE'] || `lateen:${version}` };
}

/** The nearest folder above this file that is the package: how far that is depends on whether it was built. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'compose', 'mesh.yml'))) {
    const above = dirname(folder);
    if (above === folder)
      throw new Error('the package of this program is not complete: compose/mesh.yml is missing');
    folder = above;
  }
  return folder;
}
