import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../base/errors.ts';
import { createLocalRoot, type KeyPair } from './local-authority.ts';

/** Where the local authority is kept: one for all projects of a user, so that it is trusted once. */
export function defaultFolder(env: Readonly<Record<string, string | undefined>>): string {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  return join(config === '' ? join(homedir(), '.config') : config, 'lateen', 'ca');
}

export const rootFiles = (folder: string) => ({
  certificate: join(folder, 'ca.crt'),
  privateKey: join(folder, 'ca.key'),
});

/** The authority in a folder that is its owner's alone; made at the first call. */
export async function openRoot(
  folder: string,
  nowMs: number,
): Promise<KeyPair & { readonly isNew: boolean }> {
  const files = rootFiles(folder);
  try {
    const [certificate, privateKey] = [
      await readFile(files.certificate, 'utf8'),
      await readFile(files.privateKey, 'utf8'),
    ];
    return { certificate, privateKey, isNew: false };
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  const made = await createLocalRoot(`Lateen development CA of ${userInfo().username}@${hostname()}`, nowMs);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(files.privateKey, made.privateKey, { mode: 0o600 });
  await writeFile(files.certificate, made.certificate, { mode: 0o644 });
  return { ...made, isNew: true };
}
