import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { errorMessage } from '../../base/errors.ts';
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
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}
