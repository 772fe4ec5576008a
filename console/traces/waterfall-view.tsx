// Rows by arrow keys (ARIA Authoring Practices, "Treegrid"): up and down go, left folds, right unfolds, Enter tells more.
import { useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { formatMs } from '../format.ts';
import { factsOf } from './span-facts.ts';
import { rowId, timeMarks, unfolded, type Waterfall, type WaterfallRow } from './waterfall.ts';

export interface WaterfallViewProps {
  readonly waterfall: Waterfall;
  readonly selected: string | null;
  readonly onSelect: (id: string | null) => void;
}

const MARKS = 5;

export function WaterfallView({ waterfall, selected, onSelect }: WaterfallViewProps) {
  const { rows, durationMs, services } = waterfall;
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState(0);
  const grid = useRef<HTMLTableElement>(null);
  const shown = unfolded(rows, folded);
  const index = Math.min(current, shown.length - 1);
  const goTo = (next: number) => {
    const at = Math.max(0, Math.min(shown.length - 1, next));
    setCurrent(at);
    grid.current?.querySelectorAll<HTMLElement>('tbody > tr')[at]?.focus();
    const row = shown[at];
    if (row !== undefined && selected !== null) onSelect(rowId(row));
  };
  const fold = (row: WaterfallRow, isFolded: boolean) => {
    const next = new Set(folded);
    if (isFolded) next.add(rowId(row));
    else next.delete(rowId(row));
    setFolded(next);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = shown[index];
    if (row === undefined) return;
    const isOpen = row.descendants > 0 && !folded.has(rowId(row));
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => goTo(index + 1),
      ArrowUp: () => goTo(index - 1),
      Home: () => goTo(0),
      End: () => goTo(shown.length - 1),
      ArrowLeft: () => (isOpen ? fold(row, true) : goTo(parentIndex(shown, index))),
      ArrowRight: () => (row.descendants > 0 && !isOpen ? fold(row, false) : isOpen && goTo(index + 1)),
      Enter: () => onSelect(rowId(row)),
      ' ': () => onSelect(rowId(row)),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a treegrid may be made of a table
    <table class="waterfall" role="treegrid" aria-label="Spans" ref={grid} onKeyDown={onKeyDown}>
      <thead>
        <tr class="waterfall-axis">
          <th scope="col">Service and operation</th>
          <th scope="col" class="waterfall-marks" aria-label="Time">
            {timeMarks(durationMs, MARKS).map((mark) => (
              <span key={mark} style={{ left: `${durationMs === 0 ? 0 : (mark / durationMs) * 100}%` }}>
                {mark === 0 ? '0' : formatMs(mark)}
              </span>
            ))}
          </th>
          <th scope="col" class="span-length">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {shown.map((row, at) => (
          <Row
            key={rowId(row)}
            row={row}
            colour={services.indexOf(row.span.service) % COLOURS}
            isFolded={folded.has(rowId(row))}
            isCurrent={at === index}
            isSelected={rowId(row) === selected}
            onFold={(isFolded) => fold(row, isFolded)}
            onSelect={() => {
              setCurrent(at);
              onSelect(rowId(row));
            }}
          />
        ))}
      </tbody>
    </table>
  );
}

const COLOURS = 6;

/** The nearest row above that is less deep. */
function parentIndex(rows: readonly WaterfallRow[], index: number): number {
  const depth = rows[index]?.depth ?? 0;
  for (let at = index - 1; at >= 0; at--) if ((rows[at]?.depth ?? 0) < depth) return at;
  return index;
}

interface RowProps {
  readonly row: WaterfallRow;
  readonly colour: number;
  readonly isFolded: boolean;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly onFold: (isFolded: boolean) => void;
  readonly onSelect: () => void;
}

function Row({ row, colour, isFolded, isCurrent, isSelected, onFold, onSelect }: RowProps) {
  const { span, depth, descendants, start, width, isCritical } = row;
  const classes = [
    'span-bar',
    `span-colour-${colour}`,
    span.isError && 'span-failed',
    isCritical && 'span-critical',
  ];
  return (
    <tr
      class="waterfall-row"
      aria-level={depth + 1}
      aria-expanded={descendants > 0 ? !isFolded : undefined}
      aria-selected={isSelected}
      tabIndex={isCurrent ? 0 : -1}
      onClick={onSelect}
    >
      <td class="span-name">
        <span class="span-indent" style={{ width: `${Math.min(depth, 12) * 0.9}rem` }} />
        {descendants > 0 ? (
          <button
            type="button"
            class="span-fold"
            tabIndex={-1}
            aria-label={isFolded ? `Show ${descendants} below` : `Hide ${descendants} below`}
            onClick={(event) => {
              event.stopPropagation();
              onFold(!isFolded);
            }}
          >
            <span aria-hidden="true">{isFolded ? `+${descendants}` : '▾'}</span>
          </button>
        ) : (
          <span class="span-fold" />
        )}
        <span class={`span-dot span-colour-${colour}`} aria-hidden="true" />
        <span class="span-text">
          <strong>{span.service}</strong> <span class="soft">{span.name}</span>
        </span>
        <Signs row={row} />
      </td>
      <td class="span-time">
        <span class="span-track">
          <span
            class={classes.filter(Boolean).join(' ')}
            style={{ left: `${start * 100}%`, width: `max(${width * 100}%, 2px)` }}
          />
        </span>
      </td>
      <td class="span-length">{formatMs(span.durationUs / 1000)}</td>
    </tr>
  );
}

/** What one wants to see at a glance. */
function Signs({ row: { span, isParentMissing } }: { readonly row: WaterfallRow }) {
  const { outcome } = factsOf(span);
  const signs: { readonly text: string; readonly title: string; readonly isBad?: boolean }[] = [];
  if (span.isError)
    signs.push({ text: outcome === '' ? 'failed' : outcome, title: 'It failed', isBad: true });
  if (span.attempts > 1) signs.push({ text: `${span.attempts} tries`, title: 'It was tried again' });
  if (span.faults.length > 0)
    signs.push({ text: `fault: ${span.faults.join(', ')}`, title: 'A fault on purpose' });
  if (span.isParentInferred)
    signs.push({ text: 'inferred', title: 'The application passed no headers on: its caller was inferred' });
  if (isParentMissing)
    signs.push({ text: 'no parent', title: 'The span that it names as its parent was not reported' });
  return (
    <>
      {signs.map(({ text, title, isBad }) => (
        <span key={text} class={isBad === true ? 'span-sign span-sign-bad' : 'span-sign'} title={title}>
          {isBad === true && <Icon name="alert" size={11} />}
          {text}
        </span>
      ))}
    </>
  );
}
