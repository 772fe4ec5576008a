import { createHash } from 'node:crypto';
import { type Dirent, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';

/** One file of the console as it is sent. */
export interface StaticFile {
  readonly type: string;
  readonly etag: string;
  /** Its name tells its contents: it never changes. */
  readonly isHashed: boolean;
  readonly body: Buffer;
  /** Made when the console was built; absent = not worth it. */
  readonly brotli?: Buffer;
  readonly gzip?: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

/** Vite's names: `index-BsX3f9aQ.js`. */
const HASHED = /-[\w-]{8,}\.\w+$/;
const INDEX = '/index.html';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Lateen</title>
<p>This controller has no console. Run <code>npm run build</code> and build the image anew.</p></html>
`;

/** The built console, read once: a few files, none of them secret. */
export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  constructor(files: ReadonlyMap<string, StaticFile>) {
    this.#files = files;
  }

  /** The file of that path, or the page itself, which knows what its own addresses mean. null = a file that is missing. */
  find(path: string): StaticFile | null {
    const file = this.#files.get(path);
    if (file !== undefined) return file;
    return extname(path) === '' || path === '/' ? (this.#files.get(INDEX) ?? null) : null;
  }
}

/** @param directory where the build put it; a missing one gives a page that says so */
export function readStaticFiles(directory: string): StaticFiles {
  const files = new Map<string, StaticFile>();
  for (const entry of list(directory)) {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(path)];
    if (!entry.isFile() || type === undefined) continue;
    const brotli = readIfThere(`${path}.br`);
    const gzip = readIfThere(`${path}.gz`);
    files.set(`/${relative(directory, path).split(sep).join('/')}`, {
      ...fileOf(readFileSync(path), type),
      isHashed: HASHED.test(entry.name),
      ...(brotli !== null && { brotli }),
      ...(gzip !== null && { gzip }),
    });
  }
  if (!files.has(INDEX)) files.set(INDEX, fileOf(Buffer.from(NOT_BUILT), TYPES['.html'] ?? ''));
  return new StaticFiles(files);
}

function fileOf(body: Buffer, type: string): StaticFile {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, type, etag, isHashed: false };
}

function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true });
  } catch {
    // Not built: there is a page that says so.
    return [];
  }
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** What is sent for a file: the smallest form that the caller takes. */
export function encode(file: StaticFile, acceptEncoding: string): { body: Buffer; encoding: string } {
  const takes = (name: string) =>
    new RegExp(`\\b${name}\\b(?!\\s*;\\s*q=0(\\.0*)?\\s*(,|$))`).test(acceptEncoding);
  if (file.brotli !== undefined && takes('br')) return { body: file.brotli, encoding: 'br' };
  if (file.gzip !== undefined && takes('gzip')) return { body: file.gzip, encoding: 'gzip' };
  return { body: file.body, encoding: '' };
}
