import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import { CliError } from '../cli-error.ts';

/**
 * The folder for what this program keeps of a project between `up` and `down`, outside of the project: the XDG base
 * directory for state.
 */
export function stateFolder(project: string): string {
  const base = process.env['XDG_STATE_HOME'] || join(homedir() || tmpdir(), '.local', 'state');
  return join(base, 'lateen', 'projects', project);
}

export const overrideFile = (project: string) => join(stateFolder(project), 'override.yml');

export function writeOverride(project: string, text: string): string {
  const file = overrideFile(project);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text);
  } catch (error) {
    throw new CliError(
      'LAT1041',
      `${file} cannot be written: ${errorMessage(error)}`,
      'Let XDG_STATE_HOME name a folder that you may write to.',
    );
  }
  return file;
}

/** The override as it is now; null = there is none. */
export const readOverride = (project: string): string | null =>
  existsSync(overrideFile(project)) ? readFileSync(overrideFile(project), 'utf8') : null;

export const forgetProject = (project: string) =>
  rmSync(stateFolder(project), { recursive: true, force: true });
