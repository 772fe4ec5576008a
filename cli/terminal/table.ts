/** Set once, by the option `-o wide`. */
let isWhole = false;

/** From now on tables are as wide as what is in them. */
export const showWholeTables = (): void => {
  isWhole = true;
};

/** Where a person looks it is the terminal's; a program that reads gets everything. */
const widthOf = ({ isTTY, columns }: { isTTY?: boolean; columns?: number }) =>
  isTTY === true && !isWhole ? (columns ?? 80) : Number.POSITIVE_INFINITY;

const GAP = 3;
/** Narrower than this a cell tells nothing. */
const LEAST = 12;

/** Columns as kubectl and istioctl print them: padded, three spaces apart; the widest are cut where they do not fit. */
export function formatTable(
  rows: readonly (readonly string[])[],
  width: number = widthOf(process.stdout),
): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    });
  }
  narrow(widths, width);
  return rows
    .map((row) =>
      row
        .map((cell, index) => {
          const fitting = cut(cell, widths[index] ?? 0);
          return index === row.length - 1 ? fitting : fitting.padEnd((widths[index] ?? 0) + GAP);
        })
        .join('')
        .trimEnd(),
    )
    .join('\n');
}

/** Takes from the widest column until all fit, or none can give more. */
function narrow(widths: number[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1));
  for (let over = total() - width; over > 0; over = total() - width) {
    const widest = Math.max(...widths);
    if (widest <= LEAST) return;
    const next = Math.max(LEAST, ...widths.filter((each) => each < widest));
    // Columns of one width give in turn.
    widths[widths.lastIndexOf(widest)] = Math.max(next, widest - over);
  }
}

const cut = (cell: string, width: number) => (cell.length <= width ? cell : `${cell.slice(0, width - 1)}…`);
