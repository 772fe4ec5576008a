import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode, LateenError } from '../../base/errors.ts';
import type { StateFile } from '../last-good/state-file.ts';
import {
  type Authority,
  type AuthorityFiles,
  CERTIFICATE_LIFE_MS,
  createAuthority,
  createRoot,
} from './authority.ts';

/** What the state volume keeps. */
export interface AuthorityState {
  /** Made at the first start; null where the user has always brought one. */
  readonly own: AuthorityFiles | null;
  /** Root in force at the last start; '' = there was none. */
  readonly rootCert: string;
  /** Roots that were replaced, trusted until their last certificate has run out. */
  readonly previous: readonly { readonly rootCert: string; readonly untilMs: number }[];
}

export const NO_AUTHORITY: AuthorityState = { own: null, rootCert: '', previous: [] };

export interface OpenAuthorityDeps {
  readonly state: StateFile<AuthorityState>;
  /** Where a user's own authority lies, in the files of Istio's secret `cacerts`. */
  readonly directory: string;
  readonly trustDomain: string;
  readonly wall: () => number;
}

/** The user's authority if there is one, else our own, which is made at the first start. */
export async function openAuthority({
  state,
  directory,
  trustDomain,
  wall,
}: OpenAuthorityDeps): Promise<Authority> {
  const now = wall();
  const known = await state.read(NO_AUTHORITY);
  const brought = await readFiles(directory);
  const own = brought !== null ? known.own : (known.own ?? (await createRoot(trustDomain, now)));
  const files = brought ?? (own as AuthorityFiles);
  const previous = [
    ...(known.rootCert === '' || known.rootCert === files.rootCert
      ? []
      : [{ rootCert: known.rootCert, untilMs: now + CERTIFICATE_LIFE_MS }]),
    ...known.previous,
  ].filter(({ rootCert, untilMs }) => untilMs > now && rootCert !== files.rootCert);
  const authority = await createAuthority(
    files,
    previous.map(({ rootCert }) => rootCert),
    wall,
  );
  await state.write({ own, rootCert: files.rootCert, previous });
  return authority;
}

/** null = no such files; a file that is missing beside others is an error. */
async function readFiles(directory: string): Promise<AuthorityFiles | null> {
  const caCert = await readIfThere(join(directory, 'ca-cert.pem'));
  if (caCert === null) return null;
  const caKey = await readNeeded(directory, 'ca-key.pem');
  const rootCert = await readNeeded(directory, 'root-cert.pem');
  const certChain = await readIfThere(join(directory, 'cert-chain.pem'));
  const isRoot = caCert.trim() === rootCert.trim();
  return { caCert, caKey, rootCert, certChain: isRoot ? '' : (certChain ?? caCert) };
}

async function readNeeded(directory: string, name: string): Promise<string> {
  const text = await readIfThere(join(directory, name));
  if (text !== null) return text;
  throw new LateenError('AUTHORITY_INCOMPLETE', `${directory} has ca-cert.pem, but no ${name}`, {
    remedy: `Put ca-cert.pem, ca-key.pem and root-cert.pem there, as Istio's secret cacerts has them, or none of them.`,
  });
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Short name of a set of roots: an agent that holds another asks for a new certificate. */
export function trustFingerprint(roots: string): string {
  return createHash('sha256').update(roots).digest('hex').slice(0, 16);
}
