import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { errorCode, errorMessage } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { credentialFault } from '../../../istio/analysis/credentials.ts';
import { contentHash } from '../../../istio/content-hash.ts';
import { faultAtStart } from '../../../istio/parse-documents.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { KubernetesSecretSpec } from '../../../istio/schema/kubernetes.ts';
import { SECRET_KEYS } from '../../../istio/secret-parts.ts';
import { ANY_NAMESPACE } from '../../../model/names.ts';
import type { FileState } from '../../last-good/last-good.ts';

export interface SecretsDirectoryDeps {
  readonly path: string;
  readonly log: Logger;
  /** Told when a certificate or key changed, was added or is gone. */
  onChange(): void;
}

export interface SecretsDirectory {
  /** `secrets/NAME` → what is in that folder, as a Secret of every namespace. */
  readonly files: ReadonlyMap<string, FileState>;
  close(): Promise<void>;
}

/** Where change events do not arrive, this look finds the change. */
const POLL_MS = 2000;
/** Certificates are small; what is larger is none. */
const MAX_BYTES = 1024 * 1024;

/**
 * Certificates as files: `NAME/tls.crt`, `NAME/tls.key`, `NAME/ca.crt` are what `credentialName: NAME` means, as
 * certbot, mkcert and the like write them. A pair that does not fit together is one that is being replaced: the last
 * good one stays in force.
 */
export async function openSecretsDirectory(deps: SecretsDirectoryDeps): Promise<SecretsDirectory> {
  const { path, log } = deps;
  let files: ReadonlyMap<string, FileState> = new Map();
  let seen = '';
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    try {
      const read = await readSecrets(path);
      const state = JSON.stringify([...read]);
      if (state === seen) return;
      seen = state;
      files = read;
      deps.onChange();
    } catch (error) {
      if (errorCode(error) !== 'ENOENT')
        log.error('the directory of secrets cannot be read', { path, error: errorMessage(error) });
    }
  };
  const lookAgain = () => {
    looking = looking.then(look);
  };
  const watcher: FSWatcher = watch(path, { ignoreInitial: true, depth: 1 });
  watcher.on('all', lookAgain);
  watcher.on('error', (error) =>
    log.warn('watching the directory of secrets failed; it is polled', { error: errorMessage(error) }),
  );
  const timer = setInterval(lookAgain, POLL_MS);
  timer.unref();
  await look();
  return {
    get files() {
      return files;
    },
    async close() {
      clearInterval(timer);
      await watcher.close();
    },
  };
}

async function readSecrets(path: string): Promise<Map<string, FileState>> {
  const files = new Map<string, FileState>();
  for (const name of (await readdir(path)).filter((each) => !each.startsWith('.')).sort()) {
    const data: Record<string, string> = {};
    for (const key of SECRET_KEYS) {
      const content = await readIfThere(join(path, name, key));
      if (content !== null) data[key] = content.toString('base64');
    }
    if (Object.keys(data).length > 0) files.set(`secrets/${name}`, stateOf(name, data));
  }
  return files;
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    const facts = await stat(path);
    return facts.isFile() && facts.size <= MAX_BYTES ? await readFile(path) : null;
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

function stateOf(name: string, data: Readonly<Record<string, string>>): FileState {
  const spec: KubernetesSecretSpec = { type: 'kubernetes.io/tls', data };
  const file = `secrets/${name}`;
  const isTrustOnly = ['tls.crt', 'cert', 'tls.key', 'key'].every((key) => data[key] === undefined);
  const fault = isTrustOnly ? null : credentialFault(spec);
  if (fault !== null) {
    const message = `the certificate in ${file} cannot be used: ${fault}; what was there before stays in force`;
    const violation = faultAtStart(
      file,
      message,
      'It needs tls.crt and tls.key that belong together, in PEM.',
    );
    return { kind: 'unknown', violation };
  }
  const hash = contentHash(JSON.stringify([name, data]));
  const resource: Resource<KubernetesSecretSpec> = {
    ...{ apiVersion: 'v1', kind: 'Secret', name, namespace: ANY_NAMESPACE, labels: {}, annotations: {} },
    ...{ creationTimestamp: '', spec, position: { file, line: 1, index: 0, lines: {} }, hash },
  };
  const parsed = { resources: [resource], violations: [], invalid: [], isUnreadable: false };
  return { kind: 'parsed', contentHash: hash, parsed, text: '' };
}
