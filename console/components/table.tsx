import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** By what it is sorted; without it the column cannot be. */
  readonly sort?: (row: Row) => string | number;
  /** Figures stand right, so that their digits are one below the other. */
  readonly isFigure?: boolean;
}

export interface TableProps<Row> {
  /** What it lists, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Shown in place of the rows. */
  readonly empty?: ComponentChildren;
}

interface Order {
  readonly column: number;
  readonly isDescending: boolean;
}

/** Sorted by a click on a heading. On a phone each row is a card, with the headings in front of the values. */
export function Table<Row>({ label, columns, rows, rowKey, empty = 'Nothing.' }: TableProps<Row>) {
  const [order, setOrder] = useState<Order | null>(null);
  if (rows.length === 0) return <div class="table-empty">{empty}</div>;
  return (
    <div class="table-box">
      <table class="table" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Heading
                key={column.title}
                column={column}
                order={order?.column === index ? order : null}
                onSort={() => setOrder(nextOrder(order, index))}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted(rows, columns, order).map((row) => (
            <tr key={rowKey(row)}>
              {columns.map((column) => (
                <td
                  key={column.title}
                  data-title={column.title}
                  class={column.isFigure ? 'figure' : undefined}
                >
                  <div>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Heading<Row>({
  column,
  order,
  onSort,
}: {
  readonly column: Column<Row>;
  readonly order: Order | null;
  readonly onSort: () => void;
}) {
  const sort = order === null ? 'none' : order.isDescending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={column.sort ? sort : undefined} class={column.isFigure ? 'figure' : undefined}>
      {column.sort ? (
        <button type="button" class="sort" onClick={onSort}>
          {column.title}
          <span aria-hidden="true" class="sort-mark">
            {order === null ? '' : order.isDescending ? '↓' : '↑'}
          </span>
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}

const nextOrder = (order: Order | null, column: number): Order =>
  order?.column === column ? { column, isDescending: !order.isDescending } : { column, isDescending: false };

function sorted<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  order: Order | null,
): readonly Row[] {
  const sort = order === null ? undefined : columns[order.column]?.sort;
  if (sort === undefined || order === null) return rows;
  const sign = order.isDescending ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(sort(a), sort(b)));
}

const compare = (a: string | number, b: string | number): number =>
  typeof a === 'number' && typeof b === 'number'
    ? a - b
    : String(a).localeCompare(String(b), 'en', { numeric: true });
