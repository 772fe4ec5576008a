import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite';
import type { Span } from '../../model/span.ts';
import { openDatabase } from '../store/open-database.ts';

/** Spans beyond this make room for new ones, whole traces at a time, the oldest first. */
export const MAX_SPANS = 100_000;
/** So many at once, so that it is not done for every span. */
const EVICTED_SHARE = 0.1;

const VERSION = 1;
const SETUP = `
PRAGMA synchronous = OFF;
PRAGMA journal_size_limit = 4194304;
PRAGMA cache_size = -4096;
CREATE TABLE IF NOT EXISTS span (
  trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT NOT NULL, service TEXT NOT NULL, name TEXT NOT NULL,
  kind TEXT NOT NULL, start_us INTEGER NOT NULL, duration_us INTEGER NOT NULL, is_error INTEGER NOT NULL,
  tags TEXT NOT NULL, PRIMARY KEY (trace_id, span_id, kind)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS span_service ON span (service, start_us);
CREATE INDEX IF NOT EXISTS span_start ON span (start_us);
`;

export interface TraceQuery {
  readonly service?: string;
  readonly operation?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly isError?: boolean;
  /** HTTP's, from and to. */
  readonly status?: readonly [number, number];
  /** Microseconds since 1970. */
  readonly startUs?: number;
  readonly endUs?: number;
  readonly minDurationUs?: number;
  readonly maxDurationUs?: number;
  /** Of traces, the newest first. */
  readonly limit: number;
}

export interface Operation {
  readonly name: string;
  readonly kind: Span['kind'];
}

/** How often one service called another, by spans. */
export interface Dependency {
  readonly parent: string;
  readonly child: string;
  readonly calls: number;
}

/** What a service does with the trace headers of what it is asked, as its proxies see it. */
export interface HeaderAudit {
  readonly service: string;
  /** Calls of its own that were traced. */
  readonly calls: number;
  /** Of them: continued by headers. */
  readonly passedOn: number;
  /** Without headers, but plainly part of the one request that it was at work on. */
  readonly inferred: number;
}

/**
 * The mesh's own store of traces, a SQLite file of bounded size. It never waits for the disk: what the operating system
 * loses in a power failure is lost. A file that cannot be read is thrown away.
 */
export class TraceStore {
  readonly #database: DatabaseSync;
  readonly #maxSpans: number;
  #size: number;

  /** @param file `:memory:` = it is kept nowhere */
  constructor(file: string, maxSpans = MAX_SPANS) {
    this.#database = openDatabase(file, VERSION, SETUP);
    this.#maxSpans = maxSpans;
    this.#size = Number(this.#first('SELECT count(*) AS size FROM span')?.size ?? 0);
  }

  get size(): number {
    return this.#size;
  }

  add(spans: readonly Span[]): void {
    const insert = this.#database.prepare('INSERT OR IGNORE INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#size += this.#inTransaction(() =>
      spans.reduce((sum, span) => sum + Number(insert.run(...rowOf(span)).changes), 0),
    );
    if (this.#size > this.#maxSpans) this.#evict();
  }

  #evict(): void {
    const most = Math.floor(this.#maxSpans * (1 - EVICTED_SHARE));
    const oldest = this.#all('SELECT trace_id FROM span ORDER BY start_us LIMIT ?', this.#size - most);
    const remove = this.#database.prepare('DELETE FROM span WHERE trace_id = ?');
    this.#size -= this.#inTransaction(() =>
      oldest.reduce((sum, { trace_id }) => sum + Number(remove.run(trace_id as string).changes), 0),
    );
  }

  #inTransaction<Result>(task: () => Result): Result {
    this.#database.exec('BEGIN');
    try {
      const result = task();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk has ended it already.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  services(): string[] {
    return this.#all('SELECT DISTINCT service FROM span ORDER BY service').map((row) => String(row.service));
  }

  operations(service: string): Operation[] {
    const rows = this.#all(
      'SELECT DISTINCT name, kind FROM span WHERE service = ? ORDER BY name, kind',
      service,
    );
    return rows.map(({ name, kind }) => ({ name: String(name), kind: kind as Span['kind'] }));
  }

  /** The spans of a trace in the order of their starts; none = it is not known. */
  trace(traceId: string): Span[] {
    return this.#all('SELECT * FROM span WHERE trace_id = ? ORDER BY start_us, kind', traceId).map(spanOf);
  }

  /** Traces in which one span answers to all of the query. */
  find(query: TraceQuery): Span[][] {
    const { where, values } = conditions(query);
    const rows = this.#all(
      `SELECT trace_id, max(start_us) AS newest FROM span ${where} GROUP BY trace_id ORDER BY newest DESC LIMIT ?`,
      ...values,
      query.limit,
    );
    return rows.map(({ trace_id }) => this.trace(String(trace_id)));
  }

  dependencies(sinceUs: number, untilUs: number): Dependency[] {
    const rows = this.#all(
      `SELECT caller.service AS parent, called.service AS child, count(*) AS calls
        FROM span AS called JOIN span AS caller
          ON caller.trace_id = called.trace_id AND caller.span_id = called.parent_id
        WHERE called.start_us BETWEEN ? AND ? AND caller.service != called.service
        GROUP BY caller.service, called.service ORDER BY 1, 2`,
      ...[sinceUs, untilUs],
    );
    return rows.map(({ parent, child, calls }) => {
      return { parent: String(parent), child: String(child), calls: Number(calls) };
    });
  }

  /** Services by their calls, of those that were asked themselves: who only begins traces has no headers to pass on. */
  audit(): HeaderAudit[] {
    const rows = this.#all(
      `SELECT service, count(*) AS calls, sum(tags LIKE '%"lateen.parent":"inferred"%') AS inferred,
          sum(parent_id != '') AS with_parent
        FROM span WHERE kind = 'CLIENT' AND tags LIKE '%"component":"proxy"%'
          AND service IN (SELECT service FROM span WHERE kind = 'SERVER' AND tags LIKE '%"node_id":"sidecar~%')
        GROUP BY service ORDER BY service`,
    );
    return rows.map(({ service, calls, inferred, with_parent }) => ({
      ...{ service: String(service), calls: Number(calls), inferred: Number(inferred) },
      passedOn: Number(with_parent) - Number(inferred),
    }));
  }

  close(): void {
    this.#database.close();
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    return this.#database.prepare(sql).all(...values);
  }

  #first(sql: string): Record<string, SQLOutputValue> | undefined {
    return this.#database.prepare(sql).get();
  }
}

function rowOf(span: Span): SQLInputValue[] {
  return [
    ...[span.traceId, span.spanId, span.parentId, span.service, span.name, span.kind],
    ...[span.startUs, span.durationUs, span.isError ? 1 : 0, JSON.stringify(span.tags)],
  ];
}

function spanOf(row: Readonly<Record<string, SQLOutputValue>>): Span {
  return {
    ...{ traceId: String(row.trace_id), spanId: String(row.span_id), parentId: String(row.parent_id) },
    ...{ service: String(row.service), name: String(row.name), kind: row.kind as Span['kind'] },
    ...{ startUs: Number(row.start_us), durationUs: Number(row.duration_us), isError: row.is_error === 1 },
    tags: JSON.parse(String(row.tags)) as Record<string, string>,
  };
}

const HAS_STATUS =
  "EXISTS (SELECT 1 FROM json_each(tags) WHERE key = 'http.status_code' AND CAST(value AS INTEGER) BETWEEN ? AND ?)";

function conditions(query: TraceQuery): { where: string; values: SQLInputValue[] } {
  const parts: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (part: string, ...more: SQLInputValue[]) => {
    parts.push(part);
    values.push(...more);
  };
  if (query.service !== undefined) add('service = ?', query.service);
  if (query.operation !== undefined) add('name = ?', query.operation);
  if (query.startUs !== undefined) add('start_us >= ?', query.startUs);
  if (query.endUs !== undefined) add('start_us <= ?', query.endUs);
  if (query.minDurationUs !== undefined) add('duration_us >= ?', query.minDurationUs);
  if (query.maxDurationUs !== undefined) add('duration_us <= ?', query.maxDurationUs);
  if (query.isError === true) add('is_error = 1');
  if (query.status !== undefined) add(HAS_STATUS, ...query.status);
  for (const [key, value] of Object.entries(query.tags ?? {}))
    add('EXISTS (SELECT 1 FROM json_each(tags) WHERE key = ? AND value = ?)', key, value);
  return { where: parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`, values };
}
