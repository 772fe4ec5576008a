import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../../base/errors.ts';

/** A JSON file of the state volume, replaced atomically. */
export class StateFile<T> {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** `fallback` where there is none yet, or where it cannot be read. */
  async read(fallback: T): Promise<T> {
    try {
      return JSON.parse(await readFile(this.#path, 'utf8')) as T;
    } catch (error) {
      if (errorCode(error) === 'ENOENT' || error instanceof SyntaxError) return fallback;
      throw error;
    }
  }

  /** Writes in turn: of several that wait, each is written, the last one last. */
  write(value: T): Promise<void> {
    const text = JSON.stringify(value);
    const result = this.#writing.then(async () => {
      await mkdir(dirname(this.#path), { recursive: true });
      await writeFile(`${this.#path}.new`, text, { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    });
    this.#writing = result.catch(() => {});
    return result;
  }
}
