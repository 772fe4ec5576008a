// The type declarations of what the package exports: those of the entry and of all that it names, and no more.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, 'node_modules', '.bin', 'tsc');
const FROM = /\bfrom ['"](\.[^'"]+)['"]|\bimport\(['"](\.[^'"]+)['"]\)/g;

/**
 * Writes `NAME.d.cts` of the entry `NAME/NAME.ts`, and beside it the declarations that it names, into a folder: what is
 * declared is CommonJS, as it is built.
 */
export async function emitTypes(name, target) {
  const entry = join(name, `${name}.d.ts`);
  const folder = await mkdtemp(join(tmpdir(), 'lateen-types-'));
  const options = ['--declaration', '--emitDeclarationOnly', '--noEmit', 'false', '--rootDir', root];
  try {
    await promisify(execFile)(tsc, [
      '-p',
      join(root, 'scripts', 'types.json'),
      ...options,
      '--outDir',
      folder,
    ]);
    for (const file of await reached(folder, entry)) {
      const path = join(target, file.replace(/\.d\.ts$/, '.d.cts'));
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, (await readFile(join(folder, file), 'utf8')).replace(FROM, toCommonJs));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const toCommonJs = (from) => from.replace(/\.[jt]s(['"])/, '.cjs$1');

/** The entry and what its declarations import, one from the other. */
async function reached(folder, entry) {
  const found = new Set([entry]);
  for (const file of found) {
    const text = await readFile(join(folder, file), 'utf8');
    for (const [, first, second] of text.matchAll(FROM)) {
      const path = join(folder, dirname(file), first ?? second).replace(/\.[jt]s$/, '.d.ts');
      found.add(relative(folder, path));
    }
  }
  return found;
}
