import { compareAge } from '../../istio/order.ts';
import { duplicate, type ParsedFile } from '../../istio/parse-documents.ts';
import type { Resource } from '../../istio/resource.ts';
import { resourceLabel } from '../../istio/resource-label.ts';
import type { Violation } from '../../istio/violation.ts';

/** Every resource in force, by `Kind namespace/name`; what is written to the state volume. */
export type LastGood = Readonly<Record<string, Resource>>;

/** A file of the config directory as it is now. */
export type FileState =
  | {
      readonly kind: 'parsed';
      readonly parsed: ParsedFile;
      /** SHA-256 of the bytes, in hexadecimal: tells which content is meant. */
      readonly contentHash: string;
      /** As it was read, secrets and all; '' = it is no text, or of no file that people edit. */
      readonly text: string;
    }
  /** Zero bytes, or not readable just now: nothing is known about what it means. */
  | { readonly kind: 'unknown'; readonly violation: Violation };

export interface Settled {
  readonly inForce: LastGood;
  /** In the order of age: the first wins. */
  readonly resources: readonly Resource[];
  readonly violations: readonly Violation[];
}

/**
 * What is in force after the files changed. A valid document replaces its predecessor; a broken one, or a file that
 * cannot be read, leaves what it had given before in force; what a valid file does not hold any more is gone.
 */
export function settle(before: LastGood, files: ReadonlyMap<string, FileState>): Settled {
  const violations: Violation[] = [];
  const candidates: Resource[] = [];
  for (const [file, state] of files) {
    const kept = Object.values(before).filter((resource) => resource.position.file === file);
    if (state.kind === 'unknown') {
      violations.push(state.violation);
      candidates.push(...kept);
      continue;
    }
    const { resources, invalid, isUnreadable } = state.parsed;
    violations.push(...state.parsed.violations);
    candidates.push(...resources);
    const present = new Set(resources.map(resourceLabel));
    candidates.push(
      ...kept.filter((resource) => {
        const label = resourceLabel(resource);
        return !present.has(label) && (isUnreadable || invalid.includes(label));
      }),
    );
  }
  const inForce: Record<string, Resource> = {};
  for (const resource of candidates.sort(compareAge)) {
    const label = resourceLabel(resource);
    const first = inForce[label];
    if (first === undefined) inForce[label] = resource;
    else violations.push(duplicate(resource, first));
  }
  return { inForce, resources: Object.values(inForce), violations };
}
