import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { errorMessage } from '../../base/errors.ts';
import { type Entry, walkFiles } from '../../base/walk-files.ts';
import { compareAge } from '../../istio/order.ts';
import { duplicate, faultAtStart, parseDocuments } from '../../istio/parse-documents.ts';
import type { Resource } from '../../istio/resource.ts';
import { resourceLabel } from '../../istio/resource-label.ts';
import type { Violation } from '../../istio/violation.ts';

export interface ReadConfig {
  /** By label, in the order of precedence. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** What each document says wrong on its own. */
  readonly violations: readonly Violation[];
  /** Something could not be read at all. */
  readonly isUnparsable: boolean;
}

/**
 * Files, directories (always recursive) and `-` for standard input, read and checked as the controller would.
 * @param isTestMesh as one whose mesh is of tests would
 */
export async function readConfig(paths: readonly string[], isTestMesh = false): Promise<ReadConfig> {
  const violations: Violation[] = [];
  const candidates: Resource[] = [];
  let isUnparsable = false;
  for (const path of paths) {
    try {
      for (const file of await filesOf(path)) {
        const content = file === '-' ? await buffer(process.stdin) : await readFile(file);
        const name = file === '-' ? 'stdin' : relative('.', file) || file;
        const parsed = parseDocuments(content, name, { isTestMesh });
        violations.push(...parsed.violations);
        candidates.push(...parsed.resources);
        isUnparsable ||= parsed.isUnreadable;
      }
    } catch (error) {
      isUnparsable = true;
      violations.push(faultAtStart(path, `cannot be read: ${errorMessage(error)}`, 'Check the path.'));
    }
  }
  const resources = new Map<string, Resource>();
  for (const resource of candidates.sort(compareAge)) {
    const label = resourceLabel(resource);
    const first = resources.get(label);
    if (first === undefined) resources.set(label, resource);
    else violations.push(duplicate(resource, first));
  }
  return { resources, violations, isUnparsable };
}

async function filesOf(path: string): Promise<string[]> {
  if (path === '-' || !(await stat(path)).isDirectory()) return [path];
  const names = await walkFiles(await identityOf(path), (inside) => list(join(path, inside)));
  return names.filter((name) => /\.(ya?ml|json)$/.test(name)).map((name) => join(path, name));
}

async function list(path: string): Promise<Entry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      const isLink = entry.isSymbolicLink();
      const inside = join(path, entry.name);
      const isFolder = isLink ? await leadsToFolder(inside) : entry.isDirectory();
      return { name: entry.name, isLink, folder: isFolder ? await identityOf(inside) : null };
    }),
  );
}

/** A link that leads nowhere is told of when it is read. */
const leadsToFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );

async function identityOf(path: string): Promise<string> {
  const { dev, ino } = await stat(path, { bigint: true });
  return `${dev}:${ino}`;
}
