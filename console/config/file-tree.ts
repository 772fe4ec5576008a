import type { ConfigFileView } from '../../model/console.ts';
import { type Draft, type Drafts, draftState } from './draft.ts';

export interface FileEntry {
  readonly file: string;
  /** Without its folder. */
  readonly name: string;
  readonly errors: number;
  readonly warnings: number;
  readonly isUnsaved: boolean;
  readonly isNew: boolean;
}

export interface Folder {
  /** '' = the config directory itself. */
  readonly name: string;
  readonly files: readonly FileEntry[];
}

/** Files on the disk and those that are only drafts yet, by folder. */
export function foldersOf(files: readonly ConfigFileView[], drafts: Drafts): Folder[] {
  const onDisk = new Map(files.map((file) => [file.file, file]));
  const names = [...new Set([...onDisk.keys(), ...Object.values(drafts).map(({ file }) => file)])].sort();
  const folders = new Map<string, FileEntry[]>();
  for (const file of names) {
    const slash = file.lastIndexOf('/');
    const folder = file.slice(0, Math.max(0, slash));
    folders.set(folder, [...(folders.get(folder) ?? []), entryOf(file, onDisk.get(file), drafts[file])]);
  }
  return [...folders]
    .map(([name, entries]) => ({ name, files: entries }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entryOf(file: string, onDisk: ConfigFileView | undefined, draft: Draft | undefined): FileEntry {
  const count = (severity: 'Error' | 'Warning') =>
    onDisk?.violations.filter((violation) => violation.severity === severity).length ?? 0;
  return {
    file,
    name: file.slice(file.lastIndexOf('/') + 1),
    errors: count('Error'),
    warnings: count('Warning'),
    isUnsaved: draftState(draft, onDisk) !== 'none',
    isNew: onDisk === undefined,
  };
}
