import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { redactSecrets } from '../../istio/redact-secrets.ts';
import type { HistoryDetail, HistoryEntry } from '../../model/console.ts';
import type { FileState } from '../last-good/last-good.ts';
import { openDatabase } from '../store/open-database.ts';
import { lineCounts } from './line-counts.ts';

const MAX_ENTRIES = 500;
const MAX_BYTES = 20 * 1024 * 1024;
const VERSION = 1;
const SETUP = `
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS seen (file TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entry (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, file TEXT NOT NULL, change TEXT NOT NULL,
  added INTEGER NOT NULL, removed INTEGER NOT NULL, errors INTEGER NOT NULL, before TEXT, after TEXT
);
`;

/**
 * What the controller saw of each file of the config directory, in a SQLite file of bounded size that is kept over restarts.
 * Values of Secrets never get into it. A file that cannot be read is thrown away.
 */
export class HistoryStore {
  readonly #database: DatabaseSync;
  readonly #seen: Map<string, string>;

  /** @param file `:memory:` = it is kept nowhere */
  constructor(file: string) {
    this.#database = openDatabase(file, VERSION, SETUP);
    const rows = this.#database.prepare('SELECT file, text FROM seen').all();
    this.#seen = new Map(rows.map((row) => [String(row.file), String(row.text)]));
  }

  /** Whether any file is another than when it was seen last; one that cannot be read just now is none. */
  observe(files: ReadonlyMap<string, FileState>, nowMs: number): boolean {
    let hasChanged = false;
    for (const [file, state] of files) {
      if (state.kind !== 'parsed' || (state.text === '' && state.parsed.isUnreadable)) continue;
      const { text } = redactSecrets(state.text);
      const before = this.#seen.get(file) ?? null;
      if (before === text) continue;
      const errors = state.parsed.violations.filter(({ severity }) => severity === 'Error').length;
      this.#add(nowMs, file, before, text, errors);
      hasChanged = true;
    }
    for (const [file, before] of this.#seen) {
      if (files.has(file)) continue;
      this.#add(nowMs, file, before, null, 0);
      hasChanged = true;
    }
    if (hasChanged) this.#evict();
    return hasChanged;
  }

  /** Newest first. */
  entries(): HistoryEntry[] {
    const rows = this.#database.prepare('SELECT * FROM entry ORDER BY id DESC').all();
    return rows.map(entryOf);
  }

  /** null = it is not kept. */
  entry(id: number): HistoryDetail | null {
    const row = this.#database.prepare('SELECT * FROM entry WHERE id = ?').get(id);
    if (row === undefined) return null;
    const text = (value: SQLOutputValue | undefined) => (typeof value === 'string' ? value : null);
    return { ...entryOf(row), before: text(row.before), after: text(row.after) };
  }

  close(): void {
    this.#database.close();
  }

  #add(nowMs: number, file: string, before: string | null, after: string | null, errors: number): void {
    const change = before === null ? 'added' : after === null ? 'removed' : 'changed';
    const { added, removed } = lineCounts(before ?? '', after ?? '');
    this.#database
      .prepare(
        'INSERT INTO entry (at_ms, file, change, added, removed, errors, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(nowMs, file, change, added, removed, errors, before, after);
    if (after === null) {
      this.#seen.delete(file);
      this.#database.prepare('DELETE FROM seen WHERE file = ?').run(file);
    } else {
      this.#seen.set(file, after);
      this.#database.prepare('INSERT OR REPLACE INTO seen VALUES (?, ?)').run(file, after);
    }
  }

  #evict(): void {
    const rows = this.#database
      .prepare(
        'SELECT id, coalesce(length(before), 0) + coalesce(length(after), 0) AS size FROM entry ORDER BY id DESC',
      )
      .all();
    let bytes = 0;
    for (const [index, { id, size }] of rows.entries()) {
      bytes += Number(size);
      if (index === 0 || (index < MAX_ENTRIES && bytes <= MAX_BYTES)) continue;
      this.#database.prepare('DELETE FROM entry WHERE id <= ?').run(Number(id));
      return;
    }
  }
}

function entryOf(row: Readonly<Record<string, SQLOutputValue>>): HistoryEntry {
  return {
    id: Number(row.id),
    atMs: Number(row.at_ms),
    file: String(row.file),
    change: row.change as HistoryEntry['change'],
    addedLines: Number(row.added),
    removedLines: Number(row.removed),
    errors: Number(row.errors),
  };
}
