import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 100;
/** Of who holds it so long nothing is to be hoped, whatever process has its number now. */
const MOST_MS = 15 * 60_000;

/**
 * Runs `task` in one process of this machine at a time: test files are processes of their own, which start together.
 * It saves work and no more: after a crash two may get it at once.
 */
export async function oneAtATime<T>(
  name: string,
  task: () => Promise<T>,
  onWait: () => void = () => {},
): Promise<T> {
  const lock = join(tmpdir(), `${name.replace(/[^\w.-]/g, '_')}.lock`);
  for (let isTold = false; !(await take(lock)); isTold = true) {
    if (!isTold) onWait();
    await sleep(LOOK_AGAIN_MS);
  }
  try {
    return await task();
  } finally {
    await rm(lock, { force: true });
  }
}

/** The lock is a file with its holder's process id in it, from its first moment on: so it is written elsewhere before. */
async function take(lock: string): Promise<boolean> {
  const own = `${lock}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  await writeFile(own, String(process.pid));
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if (await isLeft(lock)) await rm(lock, { force: true });
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

/** Its holder was killed. */
async function isLeft(lock: string): Promise<boolean> {
  try {
    const [holder, { mtimeMs }] = [Number(await readFile(lock, 'utf8')), await stat(lock)];
    return !isAlive(holder) || Date.now() - mtimeMs > MOST_MS;
  } catch {
    // It was given back in between.
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
