import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import { CliError } from '../cli-error.ts';
import { stateFolder } from './state.ts';

/**
 * Two runs on one project would take down what the other has started. The file holds the id of the process that has it: one
 * that is gone left it behind.
 * @throws CliError where another one is at work; gives what lets the next one in
 */
export function lockProject(project: string): () => void {
  const file = `${stateFolder(project)}.lock`;
  for (let tries = 0; ; tries++) {
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      claim(file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unwritable(file, error);
      const owner = ownerOf(file);
      if (tries > 0 || isAlive(owner)) throw busy(project, owner, file);
      rmSync(file, { force: true });
    }
  }
}

/** By a link, so that nobody ever sees it empty. */
function claim(file: string): void {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
  } finally {
    rmSync(own, { force: true });
  }
}

function ownerOf(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    // It has just been let go.
    return 0;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const busy = (project: string, owner: number, file: string) =>
  new CliError(
    'LAT1045',
    `another lateen is at work on ${project} (process ${owner})`,
    `Wait until it has ended. If there is none, remove ${file}.`,
  );

const unwritable = (file: string, error: unknown) =>
  new CliError(
    'LAT1041',
    `${file} cannot be written: ${errorMessage(error)}`,
    'Let XDG_STATE_HOME name a folder that you may write to.',
  );
