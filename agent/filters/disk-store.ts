import { rmSync } from 'node:fs';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Clock } from '../../base/clock.ts';
import { readCacheControl } from '../policy/cache/cache-control.ts';
import { MAX_VARIANTS, type ResponseStore } from '../policy/cache/response-store.ts';
import type { StoredHead, StoredResponse, VaryField } from '../policy/cache/stored-response.ts';
import { isSameVariant } from '../policy/cache/vary.ts';

/**
 * Answers in a SQLite file, so that they are there again after a restart. Never waits for the disk: what the operating
 * system loses in a power failure is lost. A file that cannot be used is thrown away, and the store is empty from then
 * on: an answer that is not kept hurts nobody.
 */

/** A number that is new whenever rows of another version could not be read. */
const VERSION = 1;
/** Uses that are written down with the next answer at the latest, and not one by one. */
const MAX_TOUCHED = 256;

const SETUP = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA journal_size_limit = 4194304;
PRAGMA user_version = ${VERSION};
CREATE TABLE IF NOT EXISTS answer (
  id INTEGER PRIMARY KEY, uri TEXT NOT NULL, scope TEXT NOT NULL, status INTEGER NOT NULL,
  headers TEXT NOT NULL, vary TEXT NOT NULL, freshness_ms REAL NOT NULL, initial_age_ms REAL NOT NULL,
  received_ms REAL NOT NULL, bytes INTEGER NOT NULL, used INTEGER NOT NULL, body BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS answer_uri ON answer (uri);
CREATE INDEX IF NOT EXISTS answer_used ON answer (used);
`;

const SQL = {
  total:
    'SELECT coalesce(sum(bytes), 0) AS bytes, count(*) AS size, coalesce(max(used), 0) AS used FROM answer',
  find: `SELECT id, uri, scope, status, headers, vary, freshness_ms, initial_age_ms, received_ms, bytes
    FROM answer WHERE uri = ? ORDER BY id`,
  body: 'SELECT body FROM answer WHERE id = ?',
  put: `INSERT INTO answer (uri, scope, status, headers, vary, freshness_ms, initial_age_ms, received_ms, bytes,
    used, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  use: 'UPDATE answer SET used = ? WHERE id = ?',
  oldest: 'SELECT id, bytes FROM answer ORDER BY used LIMIT 1',
  delete: 'DELETE FROM answer WHERE id = ?',
} as const;
type Statements = Readonly<Record<keyof typeof SQL, StatementSync>>;
type Row = Readonly<Record<string, SQLOutputValue>>;

interface DiskHead extends StoredHead {
  readonly id: number;
}

interface OpenFile {
  readonly database: DatabaseSync;
  readonly statements: Statements;
}

export interface DiskStoreDeps {
  readonly clock: Clock;
  readonly file: string;
  readonly maxBytes: number;
  readonly onBroken: (error: unknown) => void;
}

export class DiskStore implements ResponseStore {
  readonly #deps: DiskStoreDeps;
  #maxBytes: number;
  #open: OpenFile | null = null;
  #bytes = 0;
  #size = 0;
  /** Counts uses, so that their order is known after a restart too. */
  #used = 0;
  readonly #touched = new Set<number>();

  /** Throws where no file can be made there. */
  constructor(deps: DiskStoreDeps) {
    this.#deps = deps;
    this.#maxBytes = deps.maxBytes;
    try {
      this.#start();
    } catch {
      // Of another version, or broken: a new one.
      this.#remove();
      this.#start();
    }
  }

  #start(): void {
    this.#open = openFile(this.#deps.file);
    const { bytes = 0, size = 0, used = 0 } = this.#open.statements.total.get() ?? {};
    this.#bytes = Number(bytes);
    this.#size = Number(size);
    this.#used = Number(used);
    this.#evict(this.#open.statements);
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#size;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#try(undefined, (sql) => this.#evict(sql));
  }

  candidates(uri: string): readonly DiskHead[] {
    return this.#try([], (sql) => sql.find.all(uri).map((row) => this.#read(row)));
  }

  load(stored: StoredHead): StoredResponse | undefined {
    if (!isFromDisk(stored)) return undefined;
    const value = this.#try(undefined, (sql) => sql.body.get(stored.id)?.['body']);
    if (!(value instanceof Uint8Array)) return undefined;
    return { ...stored, body: Buffer.from(value.buffer, value.byteOffset, value.length) } as StoredResponse;
  }

  touch(stored: StoredHead): void {
    if (!isFromDisk(stored)) return;
    // The set's order is that of the last use.
    this.#touched.delete(stored.id);
    this.#touched.add(stored.id);
    if (this.#touched.size >= MAX_TOUCHED) this.#try(undefined, (sql) => this.#writeUses(sql));
  }

  put(stored: StoredResponse): void {
    this.#try(undefined, (sql) => {
      this.#writeUses(sql);
      const others = this.candidates(stored.uri);
      const old = others.find((other) => isSameVariant(stored, other));
      if (old !== undefined) this.#delete(sql, old.id, old.bytes);
      if (stored.bytes > this.#maxBytes) return;
      const [oldest] = others;
      if (oldest !== undefined && old === undefined && others.length >= MAX_VARIANTS)
        this.#delete(sql, oldest.id, oldest.bytes);
      this.#insert(sql, stored);
      this.#evict(sql);
    });
  }

  delete(stored: StoredHead): void {
    if (isFromDisk(stored)) this.#try(undefined, (sql) => this.#delete(sql, stored.id, stored.bytes));
  }

  invalidate(uri: string): void {
    for (const stored of this.candidates(uri)) this.delete(stored);
  }

  close(): void {
    this.#try(undefined, (sql) => this.#writeUses(sql));
    this.#open?.database.close();
    this.#open = null;
  }

  /** Whole minutes of sleep and clocks that were set back make an answer older or leave it as it is, never younger. */
  #read(row: Row): DiskHead {
    const { clock } = this.#deps;
    const headers = JSON.parse(String(row['headers'])) as string[];
    return {
      ...{ id: Number(row['id']), headers, control: readCacheControl(headers), bytes: Number(row['bytes']) },
      ...{ uri: String(row['uri']), scope: String(row['scope']), status: Number(row['status']) },
      vary: JSON.parse(String(row['vary'])) as VaryField[],
      freshnessMs: Number(row['freshness_ms']),
      initialAgeMs: Number(row['initial_age_ms']),
      receivedAtMs: clock.now() - Math.max(0, clock.wall() - Number(row['received_ms'])),
    };
  }

  #insert(sql: Statements, stored: StoredResponse): void {
    const { clock } = this.#deps;
    const receivedMs = clock.wall() - (clock.now() - stored.receivedAtMs);
    sql.put.run(
      ...[
        stored.uri,
        stored.scope,
        stored.status,
        JSON.stringify(stored.headers),
        JSON.stringify(stored.vary),
      ],
      ...[stored.freshnessMs, stored.initialAgeMs, receivedMs, stored.bytes, ++this.#used, stored.body],
    );
    this.#bytes += stored.bytes;
    this.#size += 1;
  }

  #writeUses(sql: Statements): void {
    for (const id of this.#touched) sql.use.run(++this.#used, id);
    this.#touched.clear();
  }

  #evict(sql: Statements): void {
    while (this.#bytes > this.#maxBytes) {
      const oldest = sql.oldest.get();
      if (oldest === undefined) return;
      this.#delete(sql, Number(oldest['id']), Number(oldest['bytes']));
    }
  }

  #delete(sql: Statements, id: number, bytes: number): void {
    if (sql.delete.run(id).changes === 0) return;
    this.#touched.delete(id);
    this.#bytes -= bytes;
    this.#size -= 1;
  }

  #try<T>(otherwise: T, task: (sql: Statements) => T): T {
    if (this.#open === null) return otherwise;
    try {
      return task(this.#open.statements);
    } catch (error) {
      // Not twice where one operation is part of another.
      if (this.#open !== null) this.#deps.onBroken(error);
      this.#remove();
      return otherwise;
    }
  }

  #remove(): void {
    this.#open?.database.close();
    this.#open = null;
    this.#bytes = 0;
    this.#size = 0;
    removeFile(this.#deps.file);
  }
}

const isFromDisk = (stored: StoredHead): stored is DiskHead => 'id' in stored;

/** Loaded here and not imported: a proxy that keeps nothing on a disk has no use for SQLite's memory. */
function openFile(file: string): OpenFile {
  const sqlite = process.getBuiltinModule('node:sqlite');
  const database = new sqlite.DatabaseSync(file);
  try {
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version !== 0 && version !== VERSION) throw new Error(`version ${version}`);
    database.exec(SETUP);
    const prepared = Object.entries(SQL).map(([name, text]) => [name, database.prepare(text)]);
    return { database, statements: Object.fromEntries(prepared) as Statements };
  } catch (error) {
    database.close();
    throw error;
  }
}

export function removeFile(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
