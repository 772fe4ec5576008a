import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { errorCode, errorMessage } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import { faultAtStart, MAX_FILE_BYTES, parseDocuments, tooLarge } from '../../../istio/parse-documents.ts';
import type { FileState } from '../../last-good/last-good.ts';
import { findFiles } from './find-files.ts';

export interface ConfigDirectoryDeps {
  readonly path: string;
  readonly log: Logger;
  /** Annotations for tests are allowed. */
  readonly isTestMesh?: boolean;
  /** Told with all files whenever one of them changed, was added or is gone. */
  onChange(files: ReadonlyMap<string, FileState>): void;
}

export interface ConfigDirectory {
  readonly files: ReadonlyMap<string, FileState>;
  close(): Promise<void>;
}

const IS_CONFIG = /\.(ya?ml|json)$/;
/** A file that vanished may be an editor's rename under way. */
const DELETION_DELAY_MS = 200;
/** A file that is broken may be half written: it is looked at once more before anybody is told. */
const HALF_WRITTEN_MS = 60;
/** Where change events do not arrive (network file systems, some virtual machines), this look finds the change. */
const POLL_MS = 2000;

interface Known {
  readonly stamp: string;
  readonly state: FileState;
  missingSinceMs: number | null;
}

/**
 * The config directory as a source. Events only say "look": the truth is read from the directory each time, so a lost
 * or doubled event does no harm. Watching begins before the first look.
 */
export async function openConfigDirectory(deps: ConfigDirectoryDeps): Promise<ConfigDirectory> {
  const reader = new DirectoryReader(deps);
  const watcher: FSWatcher = watch(deps.path, {
    ignoreInitial: true,
    atomic: false,
    // What is behind links is polled: they may lead in a circle, or to everything.
    followSymlinks: false,
    awaitWriteFinish: false,
  });
  watcher.on('all', () => reader.look());
  watcher.on('error', (error) =>
    deps.log.warn('watching the config directory failed; it is polled', { error: errorMessage(error) }),
  );
  const timer = setInterval(() => reader.look(), POLL_MS);
  timer.unref();
  await reader.lookNow();
  return {
    get files() {
      return reader.files;
    },
    async close() {
      clearInterval(timer);
      await watcher.close();
    },
  };
}

class DirectoryReader {
  readonly #deps: ConfigDirectoryDeps;
  #known = new Map<string, Known>();
  #isLooking = false;
  #mustLookAgain = false;

  constructor(deps: ConfigDirectoryDeps) {
    this.#deps = deps;
  }

  get files(): ReadonlyMap<string, FileState> {
    return new Map([...this.#known].map(([file, { state }]) => [file, state]));
  }

  /** At once if nothing is under way; otherwise once more behind it, however many asked. */
  look(): void {
    if (this.#isLooking) this.#mustLookAgain = true;
    else void this.lookNow();
  }

  async lookNow(): Promise<void> {
    this.#isLooking = true;
    try {
      do {
        this.#mustLookAgain = false;
        if (await this.#scan()) this.#deps.onChange(this.files);
      } while (this.#mustLookAgain);
    } catch (error) {
      this.#deps.log.error('the config directory cannot be read; what was read before stays in force', {
        path: this.#deps.path,
        error: errorMessage(error),
      });
    } finally {
      this.#isLooking = false;
    }
  }

  /** Whether anything changed. */
  async #scan(): Promise<boolean> {
    const paths = (await findFiles(this.#deps.path)).filter((path) => IS_CONFIG.test(path));
    const next = new Map<string, Known>();
    let hasChanged = false;
    for (const file of paths) {
      const before = this.#known.get(file);
      const read = await this.#readFile(file, before);
      if (read === null) continue;
      next.set(file, read);
      if (read !== before) hasChanged = true;
    }
    for (const [file, known] of this.#known) {
      if (next.has(file)) continue;
      if (this.#isStillAwaited(known)) next.set(file, known);
      else hasChanged = true;
    }
    this.#known = new Map([...next].sort(([a], [b]) => (a < b ? -1 : 1)));
    return hasChanged;
  }

  #isStillAwaited(known: Known): boolean {
    const nowMs = performance.now();
    if (known.missingSinceMs === null) {
      known.missingSinceMs = nowMs;
      setTimeout(() => this.look(), DELETION_DELAY_MS + 5).unref();
    }
    return nowMs - known.missingSinceMs < DELETION_DELAY_MS;
  }

  /** The same object where nothing changed; null where the file is gone again. */
  async #readFile(file: string, before: Known | undefined): Promise<Known | null> {
    const path = join(this.#deps.path, file);
    try {
      const facts = await stat(path, { bigint: true });
      if (!facts.isFile()) return null;
      const stamp = `${facts.ino} ${facts.size} ${facts.mtimeNs}`;
      if (before !== undefined && before.stamp === stamp && before.missingSinceMs === null) return before;
      const state =
        facts.size > MAX_FILE_BYTES
          ? ({ kind: 'unknown', violation: tooLarge(file, Number(facts.size)) } as const)
          : await readState(path, file, Number(facts.size), this.#deps.isTestMesh === true);
      const isFaulty = state.kind === 'unknown' || state.parsed.isUnreadable;
      const ageMs = Date.now() - Number(facts.mtimeMs);
      if (isFaulty && ageMs < HALF_WRITTEN_MS) {
        setTimeout(() => this.look(), HALF_WRITTEN_MS).unref();
        return before ?? null;
      }
      return { stamp, state, missingSinceMs: null };
    } catch (error) {
      const state = await unreadable(path, file, errorCode(error));
      if (state === null || before?.state.kind === 'unknown') return state === null ? null : (before ?? null);
      return { stamp: '', state, missingSinceMs: null };
    }
  }
}

const NOTHING = Buffer.alloc(0);

async function readState(path: string, file: string, size: number, isTestMesh: boolean): Promise<FileState> {
  // Files of the kernel have no size, and reading one may never end.
  const content = size === 0 ? NOTHING : await readFile(path);
  if (content.length === 0)
    return unknown(
      file,
      'the file is empty; what it gave before stays in force',
      'Delete it, or write a comment, to remove that.',
      'Warning',
    );
  const contentHash = createHash('sha256').update(content).digest('hex');
  const parsed = parseDocuments(content, file, { isTestMesh });
  const isText = !content.includes(0) && isUtf8(content);
  return { kind: 'parsed', parsed, contentHash, text: isText ? content.toString() : '' };
}

/** null = it is gone, like a file that an editor is replacing. */
async function unreadable(path: string, file: string, code: string): Promise<FileState | null> {
  if (code !== 'ENOENT' && code !== 'ELOOP')
    return unknown(file, `the file cannot be read (${code})`, 'Check its permissions.');
  try {
    const target = await readlink(path);
    const remedy = 'Only the config directory itself is mounted: put the file into it.';
    return unknown(file, `the file is a link that leads nowhere (to ${target})`, remedy);
  } catch {
    // No link: a file that has just been removed.
    return null;
  }
}

function unknown(
  file: string,
  message: string,
  remedy: string,
  severity: 'Error' | 'Warning' = 'Error',
): FileState {
  return { kind: 'unknown', violation: { ...faultAtStart(file, message, remedy), severity } };
}
