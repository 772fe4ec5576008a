import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../base/errors.ts';
import { writeSecrets } from '../../model/secret.ts';
import { type KeptIdentity, restoreIdentity } from '../identity/identity.ts';
import { type HeldSnapshot, parseHeld, serialiseHeld } from './resource-store.ts';

/** What outlives a crash of the process: files on the container's tmpfs, never on a disk. */
export interface KeptFiles {
  readSession(): Promise<string>;
  writeSession(session: string): Promise<void>;
  readSnapshot(): Promise<HeldSnapshot | null>;
  writeSnapshot(held: HeldSnapshot): Promise<void>;
  readIdentity(): Promise<KeptIdentity | null>;
  writeIdentity(kept: KeptIdentity): Promise<void>;
}

export function createKeptFiles(runDirectory: string): KeptFiles {
  const session = join(runDirectory, 'session');
  const identity = join(runDirectory, 'identity.json');
  const snapshot = join(runDirectory, 'snapshot.json');
  return {
    readSession: () => readIfThere(session),
    writeSession: (text) => replace(session, text),
    async readSnapshot() {
      const text = await readIfThere(snapshot);
      return text === '' ? null : parseHeld(text);
    },
    writeSnapshot: (held) => replace(snapshot, serialiseHeld(held)),
    async readIdentity() {
      const text = await readIfThere(identity);
      return text === '' ? null : restoreIdentity(text);
    },
    writeIdentity: (kept) => replace(identity, writeSecrets(kept)),
  };
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
