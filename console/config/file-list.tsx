import { Badge } from '../components/badge.tsx';
import { Icon } from '../components/icon.tsx';
import { plural } from '../format.ts';
import { configPath } from '../paths.ts';
import type { FileEntry, Folder } from './file-tree.ts';

export function FileList({
  folders,
  selected,
}: {
  readonly folders: readonly Folder[];
  readonly selected: string;
}) {
  return (
    <nav class="files" aria-label="Files">
      <a class="files-new" href="/config?new=choose">
        <Icon name="plus" /> New
      </a>
      {folders.map(({ name, files }) => (
        <div key={name}>
          {name !== '' && <p class="files-folder">{name}/</p>}
          <ul>
            {files.map((entry) => (
              <li key={entry.file}>
                <FileLink entry={entry} isSelected={entry.file === selected} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function FileLink({ entry, isSelected }: { readonly entry: FileEntry; readonly isSelected: boolean }) {
  const { file, name, errors, warnings, isUnsaved, isNew } = entry;
  return (
    <a class="file-link" href={configPath({ file, line: 0 })} aria-current={isSelected ? 'page' : undefined}>
      <span class="file-name">{name}</span>
      {isUnsaved && (
        <span class="file-unsaved" title={isNew ? 'Not saved yet' : 'Changes that are not saved'}>
          <span aria-hidden="true">{isNew ? 'new' : 'edited'}</span>
          <span class="hidden">, not saved</span>
        </span>
      )}
      {errors > 0 && (
        <Badge tone="bad" title={plural(errors, 'error')}>
          {errors}
          <span class="hidden"> {errors === 1 ? 'error' : 'errors'}</span>
        </Badge>
      )}
      {warnings > 0 && (
        <Badge tone="warn" title={plural(warnings, 'warning')}>
          {warnings}
          <span class="hidden"> {warnings === 1 ? 'warning' : 'warnings'}</span>
        </Badge>
      )}
    </a>
  );
}
