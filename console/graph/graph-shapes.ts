// Sizes of what is drawn, in units of the drawing: text of a known font is taken to be as wide as its letters.
import type { Card } from './graph-scene.ts';

/** `right`: callers stand left of what they call. `down`: above it, for narrow windows. */
export type Direction = 'right' | 'down';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface CardShape {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Node → its box, from the card's corner. */
  readonly chips: ReadonlyMap<string, Box>;
}

export const LABEL = { width: 108, height: 34 } as const;

const HEADER = 28;
const CHIP = { height: 26, gap: 3, pad: 5, downWidth: 118 } as const;
const CARD = { least: 134, most: 226 } as const;
const LETTER = 6.9;
const BOLD_LETTER = 7.7;
/** Icon before the title, and air. */
const TITLE_MARGIN = 42;

export function shapeOf(card: Card, direction: Direction): CardShape {
  const wanted = Math.min(CARD.most, Math.max(CARD.least, TITLE_MARGIN + card.title.length * BOLD_LETTER));
  if (direction === 'right') return stacked(card, wanted);
  const count = card.nodes.length;
  const width = Math.max(wanted, count * CHIP.downWidth + (count - 1) * CHIP.gap + 2 * CHIP.pad);
  return sideBySide(card, width);
}

function stacked(card: Card, width: number): CardShape {
  const chips = new Map<string, Box>();
  for (const [index, { node }] of card.nodes.entries())
    chips.set(node.id, {
      ...{ x: CHIP.pad, y: HEADER + index * (CHIP.height + CHIP.gap) },
      ...{ width: width - 2 * CHIP.pad, height: CHIP.height },
    });
  const height = HEADER + card.nodes.length * (CHIP.height + CHIP.gap) - CHIP.gap + CHIP.pad;
  return { id: card.id, width, height, chips };
}

function sideBySide(card: Card, width: number): CardShape {
  const count = card.nodes.length;
  const chipWidth = (width - 2 * CHIP.pad - (count - 1) * CHIP.gap) / count;
  const chips = new Map<string, Box>();
  for (const [index, { node }] of card.nodes.entries())
    chips.set(node.id, {
      ...{ x: CHIP.pad + index * (chipWidth + CHIP.gap), y: HEADER },
      ...{ width: chipWidth, height: CHIP.height },
    });
  return { id: card.id, width, height: HEADER + CHIP.height + CHIP.pad, chips };
}

/** What fits into so much space, at so many units for a letter. */
export function fitText(text: string, width: number, letter: number = LETTER): string {
  const most = Math.max(3, Math.floor(width / letter));
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
