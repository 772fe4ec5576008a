import type { ConfigFileView, HistoryDetail, HistoryEntry } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { Badge } from '../components/badge.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { Icon } from '../components/icon.tsx';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { formatAgo, formatDateTime, plural } from '../format.ts';
import { configPath } from '../paths.ts';
import { useQuery } from '../query.ts';
import { navigate, place } from '../router.ts';
import { draftState, edited } from './draft.ts';
import { drafts } from './drafts-store.ts';
import { Diff } from './editor/lazy.tsx';
import './config.css';

export default function HistoryPage() {
  const history = useQuery<HistoryEntry[]>('/api/history', { topics: ['history', 'config'] });
  const { query } = place.value;
  const file = query.get('file') ?? '';
  return (
    <Page title="History" isFull lead={file !== '' && <FileFilter file={file} />}>
      <QueryView query={history}>
        {(entries) => (
          <Entries entries={entries.filter((entry) => file === '' || entry.file === file)} file={file} />
        )}
      </QueryView>
    </Page>
  );
}

function FileFilter({ file }: { readonly file: string }) {
  return (
    <span class="history-filter">
      of <code>{file}</code>{' '}
      <a class="icon-link" href="/history" aria-label="Of all files">
        <Icon name="close" size={14} />
      </a>
    </span>
  );
}

const idOf = () => place.value.query.get('id');

function Entries({ entries, file }: { readonly entries: readonly HistoryEntry[]; readonly file: string }) {
  const id = Number(idOf() ?? entries[0]?.id ?? 0);
  if (entries.length === 0)
    return (
      <EmptyState
        title={file === '' ? 'Nothing has changed yet' : `Nothing of ${file} has changed yet`}
        icon="history"
      >
        <p>
          Every change of the configuration that the controller sees is kept here, whoever made it: an editor,{' '}
          <code>git</code> or this console. Each can be looked at, and rolled back.
        </p>
      </EmptyState>
    );
  return (
    <div class={idOf() === null ? 'history history-list' : 'history'}>
      <nav class="entries" aria-label="Changes">
        <ul>
          {entries.map((entry) => (
            <li key={entry.id}>
              <EntryLink entry={entry} isSelected={entry.id === id} file={file} />
            </li>
          ))}
        </ul>
      </nav>
      <Entry id={id} />
    </div>
  );
}

const TONES = { added: 'ok', changed: 'info', removed: 'bad' } as const;

function EntryLink({
  entry,
  isSelected,
  file,
}: {
  readonly entry: HistoryEntry;
  readonly isSelected: boolean;
  readonly file: string;
}) {
  const href = apiUrl('/history', { file, id: entry.id });
  return (
    <a class="entry" href={href} aria-current={isSelected ? 'true' : undefined}>
      <span class="entry-file">{entry.file}</span>
      <span class="entry-facts">
        <Badge tone={TONES[entry.change]}>{entry.change}</Badge>
        <span>
          <span class="entry-added">+{entry.addedLines}</span>{' '}
          <span class="entry-removed">−{entry.removedLines}</span>
        </span>
        {entry.errors > 0 && <Badge tone="bad">{plural(entry.errors, 'error')}</Badge>}
        <time class="soft" dateTime={new Date(entry.atMs).toISOString()} title={formatDateTime(entry.atMs)}>
          {formatAgo(entry.atMs, Date.now())}
        </time>
      </span>
    </a>
  );
}

function Entry({ id }: { readonly id: number }) {
  const detail = useQuery<HistoryDetail>(apiUrl('/api/history/entry', { id }), { topics: [] });
  return (
    <div class="entry-detail">
      <QueryView query={detail}>{(entry) => <EntryDetail entry={entry} />}</QueryView>
    </div>
  );
}

function EntryDetail({ entry }: { readonly entry: HistoryDetail }) {
  const files = useQuery<ConfigFileView[]>('/api/config', { topics: ['config'] }).data;
  const now = files?.find(({ file }) => file === entry.file);
  const isSecret = now !== undefined && now.whyReadOnly !== '';
  // What somebody works on is not thrown away for an older text
  const isEdited = draftState(drafts.value[entry.file], now) !== 'none';
  const isBlocked = files === undefined || isSecret || isEdited;
  const back = (text: string | null) => {
    if (text !== null) drafts.value = edited(drafts.peek(), entry.file, text, now);
    const pane = text === null ? 'delete' : 'change';
    navigate(`${configPath({ file: entry.file, line: 0 })}&preview=${pane}`);
  };
  const isBefore = (now?.text ?? null) === entry.before;
  const isAfter = (now?.text ?? null) === entry.after;
  return (
    <>
      <header class="file-bar">
        <a class="file-back" href="/history" aria-label="All changes">
          <Icon name="back" />
        </a>
        <h2 class="file-title">
          {now === undefined ? (
            entry.file
          ) : (
            <a href={configPath({ file: entry.file, line: 0 })}>{entry.file}</a>
          )}
        </h2>
        <span class="soft">{formatDateTime(entry.atMs)}</span>
        <div class="file-actions">
          {!isAfter && entry.after !== null && (
            <button type="button" disabled={isBlocked} onClick={() => back(entry.after)}>
              Restore this version
            </button>
          )}
          <button
            type="button"
            class="primary"
            disabled={isBlocked || isBefore}
            onClick={() => back(entry.before)}
          >
            Roll back
          </button>
        </div>
      </header>
      {isBefore && <p class="notice">The file is as it was before this change.</p>}
      {isSecret && <p class="notice">{now.whyReadOnly}</p>}
      {isEdited && (
        <p class="notice">
          You have changes of <a href={configPath({ file: entry.file, line: 0 })}>{entry.file}</a> that are
          not saved: save or discard them first.
        </p>
      )}
      <Diff label={`Change of ${entry.file}`} before={entry.before ?? ''} after={entry.after ?? ''} />
    </>
  );
}
