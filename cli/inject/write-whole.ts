import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { errorMessage } from '../../base/errors.ts';
import { CliError } from '../cli-error.ts';

/** The whole file or none of it: written beside, and put in its place. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.part`;
  try {
    writeFileSync(beside, text);
    if (existsSync(path)) chmodSync(beside, statSync(path).mode);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new CliError(
      'LAT1009',
      `${path} cannot be written: ${errorMessage(error)}`,
      'Is there such a folder, and may you write into it?',
    );
  }
}
