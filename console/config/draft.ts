// A text that somebody works on, beside the file as it is on the disk. Whatever happens to the file, a draft goes only
// when its author says so, or when the file has become just that.
import type { ConfigFileView } from '../../model/console.ts';

export interface Draft {
  readonly file: string;
  readonly text: string;
  /** Hash of the file that it began with, '' = a new one. */
  readonly basedOn: string;
  /** It has been saved over the file of this hash, and is kept until the file shows it; null = not saved. */
  readonly savedOver: string | null;
}

export type Drafts = Readonly<Record<string, Draft>>;

type OnDisk = Pick<ConfigFileView, 'file' | 'text' | 'hash'>;

export type DraftState =
  /** As on the disk. */
  | 'none'
  | 'edited'
  | 'new'
  /** Somebody else wrote the file meanwhile. */
  | 'overtaken'
  /** Somebody else removed it. */
  | 'orphaned';

export function draftState(draft: Draft | undefined, onDisk: OnDisk | undefined): DraftState {
  if (draft === undefined || draft.savedOver !== null) return 'none';
  if (onDisk === undefined) return draft.basedOn === '' ? 'new' : 'orphaned';
  if (draft.text === onDisk.text) return 'none';
  return draft.basedOn === onDisk.hash ? 'edited' : 'overtaken';
}

/** What the editor says; a text that is as the file was leaves no draft behind. */
export function edited(drafts: Drafts, file: string, text: string, onDisk: OnDisk | undefined): Drafts {
  const draft = drafts[file];
  const basedOn = draft?.savedOver === null ? draft.basedOn : (onDisk?.hash ?? '');
  if (onDisk !== undefined && onDisk.text === text) return without(drafts, file);
  return { ...drafts, [file]: { file, text, basedOn, savedOver: null } };
}

/** After the files were read anew. */
export function reconciled(drafts: Drafts, files: readonly OnDisk[]): Drafts {
  const byName = new Map(files.map((file) => [file.file, file]));
  const isDone = (draft: Draft) => {
    const onDisk = byName.get(draft.file);
    if (draft.savedOver !== null) return (onDisk?.hash ?? '') !== draft.savedOver;
    return onDisk !== undefined && onDisk.text === draft.text;
  };
  const done = Object.values(drafts).filter(isDone);
  return done.length === 0 ? drafts : done.reduce((rest, { file }) => without(rest, file), drafts);
}

/** "Keep mine": from now on it is a change of the file as it is now. */
export function rebased(drafts: Drafts, file: string, onDisk: OnDisk | undefined): Drafts {
  const draft = drafts[file];
  return draft === undefined ? drafts : { ...drafts, [file]: { ...draft, basedOn: onDisk?.hash ?? '' } };
}

export function saved(drafts: Drafts, file: string, text: string, over: string): Drafts {
  return { ...drafts, [file]: { file, text, basedOn: over, savedOver: over } };
}

export function without(drafts: Drafts, file: string): Drafts {
  const { [file]: _, ...rest } = drafts;
  return rest;
}

/** Why a new file cannot be called so; '' = it can. */
export function nameProblem(name: string, taken: readonly string[]): string {
  if (name === '') return 'Give it a name.';
  if (!/\.(ya?ml|json)$/i.test(name)) return 'Its name must end with .yaml, .yml or .json.';
  if (name.startsWith('/') || name.split('/').some((part) => part === '' || part.startsWith('.')))
    return 'A path below the config directory, without dots at the beginning.';
  if (!/^[\w./ -]+$/.test(name)) return 'Letters, digits, dots, dashes and slashes.';
  return taken.includes(name) ? 'There is a file of that name already.' : '';
}

/** `reviews-shift.yaml`, or `reviews-shift-2.yaml` if that is taken. */
export function freeName(name: string, taken: readonly string[]): string {
  const dot = name.lastIndexOf('.');
  for (let number = 2, free = name; ; number++) {
    if (!taken.includes(free)) return free;
    free = `${name.slice(0, dot)}-${number}${name.slice(dot)}`;
  }
}
