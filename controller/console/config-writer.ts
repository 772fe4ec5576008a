// Saves files of the config directory for the console: whole or not at all, never outside the directory, and never over what
// somebody else has written meanwhile.
import { createHash, randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { chown, lstat, open, readFile, realpath, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../base/errors.ts';
import type { ConfigChange } from '../../model/console.ts';

/** Why nothing was saved. */
export interface SaveProblem {
  readonly status: 400 | 403 | 404 | 409;
  readonly error: string;
  readonly remedy: string;
}

const NAME = /^[^/\\.][^/\\]*(\/[^/\\.][^/\\]*)*\.ya?ml$/;
const MAX_NAME = 200;

export function isFileName(file: string): boolean {
  return file.length <= MAX_NAME && NAME.test(file) && !/[\u0000-\u001f\u007f]/.test(file);
}

const problem = (status: SaveProblem['status'], error: string, remedy: string): SaveProblem => ({
  ...{ status, error, remedy },
});

const BAD_NAME = problem(
  400,
  'that is no name for a file of the config directory',
  'Name a .yaml file below it, e.g. shop.yaml or team/shop.yaml; no part of it begins with a dot.',
);
const LINKED = problem(
  403,
  'the way to that file leads over a link',
  'Only files that are in the config directory themselves are saved.',
);
const CHANGED = problem(409, 'the file has changed meanwhile', 'Look at what it is now, and save again.');

export class ConfigWriter {
  readonly #directory: string;
  #last: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** One after the other. null = it is saved. */
  save(change: ConfigChange): Promise<SaveProblem | null> {
    const saved = this.#last.then(() => this.#save(change)).catch(problemOf);
    this.#last = saved;
    return saved;
  }

  async #save({ file, text, basedOn }: ConfigChange): Promise<SaveProblem | null> {
    if (!isFileName(file)) return BAD_NAME;
    const root = await realpath(this.#directory);
    const path = join(root, file);
    if ((await realpath(dirname(path))) !== dirname(path)) return LINKED;
    const facts = await factsOf(path);
    if (facts?.isSymbolicLink() === true) return LINKED;
    if (facts !== null && !facts.isFile()) return BAD_NAME;
    const hash =
      facts === null
        ? ''
        : createHash('sha256')
            .update(await readFile(path))
            .digest('hex');
    if (hash !== basedOn) return CHANGED;
    if (text !== null) await replace(path, text, facts);
    else if (facts !== null) await unlink(path);
    return null;
  }
}

async function factsOf(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Written beside it and renamed into its place; the file stays its owner's. */
async function replace(path: string, text: string, before: Stats | null): Promise<void> {
  const directory = dirname(path);
  const owner = before ?? (await lstat(directory));
  const part = join(directory, `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  const handle = await open(part, 'wx', 0o600);
  try {
    try {
      await handle.chmod((before?.mode ?? 0o644) & 0o777);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await giveTo(part, owner)) && before !== null) {
      // Its owner could not write to it any more: so the same file is written to, though not at one blow.
      await writeFile(path, text, { flag: 'r+' });
      const end = await open(path, 'r+');
      await end.truncate(Buffer.byteLength(text)).finally(() => end.close());
      await rm(part, { force: true });
    } else await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** false = that is not allowed here. */
async function giveTo(path: string, { uid, gid }: Stats): Promise<boolean> {
  const now = await lstat(path);
  if (now.uid === uid && now.gid === gid) return true;
  try {
    await chown(path, uid, gid);
    return true;
  } catch {
    return false;
  }
}

function problemOf(error: unknown): SaveProblem {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return problem(404, 'there is no such folder in the config directory', 'Make the folder first.');
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return problem(
        403,
        'the config directory cannot be written',
        'Set LATEEN_CONFIG_READ_ONLY=false, and run `docker compose up -d`.',
      );
    default:
      return problem(
        403,
        `the file could not be written (${errorCode(error)})`,
        'Is there room on the disk?',
      );
  }
}
