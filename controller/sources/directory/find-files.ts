import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, walkFiles } from '../../../base/walk-files.ts';

/** Editors' swap and lock files, and Kubernetes' `..data`: its files are read by the links that lead into it. */
const isHidden = (name: string) => name.startsWith('.');

/** A link to `/` must not lead to all files of the machine. */
const MAX_FOLDERS = 2000;

/** Paths of all files below a folder that are not hidden, sorted. @throws if the folder itself cannot be read */
export async function findFiles(path: string): Promise<string[]> {
  let folders = 0;
  return walkFiles(await identityOf(path), async (inside) => {
    folders += 1;
    if (folders > MAX_FOLDERS) throw new Error(`there are more than ${MAX_FOLDERS} folders in it`);
    return list(join(path, inside), inside === '');
  });
}

async function list(path: string, isRoot: boolean): Promise<Entry[]> {
  try {
    const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !isHidden(name));
    return await Promise.all(
      entries.map(async (entry) => {
        const isLink = entry.isSymbolicLink();
        const mayBeFolder = isLink || entry.isDirectory();
        return {
          name: entry.name,
          isLink,
          folder: mayBeFolder ? await folderAt(join(path, entry.name)) : null,
        };
      }),
    );
  } catch (error) {
    if (isRoot) throw error;
    return [];
  }
}

/** null = it is no folder, or a link that leads nowhere. */
async function folderAt(path: string): Promise<string | null> {
  try {
    return (await stat(path)).isDirectory() ? await identityOf(path) : null;
  } catch {
    return null;
  }
}

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}
