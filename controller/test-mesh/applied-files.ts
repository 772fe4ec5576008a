import { createHash } from 'node:crypto';
import { type ParsedFile, parseDocuments } from '../../istio/parse-documents.ts';
import { resourceLabel } from '../../istio/resource-label.ts';
import type { FileState } from '../last-good/last-good.ts';

/** YAML that a test has applied, and not taken back. */
export interface AppliedFile {
  readonly id: number;
  readonly file: string;
  readonly parsed: ParsedFile;
  readonly contentHash: string;
  readonly text: string;
}

/** Lies over the files of the config directory: of two documents with one name the one that was applied last counts. */
export class AppliedFiles {
  readonly #files = new Map<number, AppliedFile>();
  #count = 0;

  /** Nothing is in force by it: see {@link add}. */
  parse(text: string, name: string): AppliedFile {
    this.#count += 1;
    const file = `applied-${this.#count}/${name}`;
    return {
      id: this.#count,
      file,
      parsed: parseDocuments(text, file, { isTestMesh: true }),
      contentHash: createHash('sha256').update(text).digest('hex'),
      text,
    };
  }

  add(applied: AppliedFile): void {
    this.#files.set(applied.id, applied);
  }

  /** Whether there was such a one; 0 = all. */
  remove(id: number): boolean {
    if (id !== 0) return this.#files.delete(id);
    this.#files.clear();
    return true;
  }

  over(files: ReadonlyMap<string, FileState>): ReadonlyMap<string, FileState> {
    let merged = new Map(files);
    for (const { file, parsed, contentHash, text } of this.#files.values()) {
      const replaced = new Set(parsed.resources.map(resourceLabel));
      merged = new Map([...merged].map(([name, state]) => [name, without(state, replaced)]));
      merged.set(file, { kind: 'parsed', parsed, contentHash, text });
    }
    return merged;
  }
}

function without(state: FileState, labels: ReadonlySet<string>): FileState {
  if (state.kind === 'unknown') return state;
  const { parsed } = state;
  const resources = parsed.resources.filter((resource) => !labels.has(resourceLabel(resource)));
  const invalid = parsed.invalid.filter((label) => !labels.has(label));
  return { ...state, parsed: { ...parsed, resources, invalid } };
}
