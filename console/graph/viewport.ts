// Which part of the drawing is seen, and how large. Pure: what a wheel, a drag or a key does to it.
export interface Viewport {
  /** Of the drawing's corner, in pixels of the window. */
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const SCALE = { least: 0.12, most: 2.5, fitMost: 1.15, fitLeast: 0.3 } as const;
const MARGIN = 12;

/** All of the drawing in the middle of the window; never larger than life, and not so small that nothing can be read. */
export function fit(drawing: Size, window: Size): Viewport {
  if (drawing.width === 0 || window.width === 0) return { x: 0, y: 0, scale: 1 };
  const room = { width: window.width - 2 * MARGIN, height: window.height - 2 * MARGIN };
  const wanted = Math.min(room.width / drawing.width, room.height / drawing.height);
  const scale = Math.min(SCALE.fitMost, Math.max(SCALE.fitLeast, wanted));
  const place = (size: number, space: number) => Math.max(MARGIN, (space - size * scale) / 2);
  return { x: place(drawing.width, window.width), y: place(drawing.height, window.height), scale };
}

/** What is at this point of the window stays there. */
export function zoom(
  { x, y, scale }: Viewport,
  factor: number,
  at: { readonly x: number; readonly y: number },
): Viewport {
  const next = Math.min(SCALE.most, Math.max(SCALE.least, scale * factor));
  const ratio = next / scale;
  return { x: at.x - (at.x - x) * ratio, y: at.y - (at.y - y) * ratio, scale: next };
}

export const pan = ({ x, y, scale }: Viewport, dx: number, dy: number): Viewport => ({
  x: x + dx,
  y: y + dy,
  scale,
});

/** Moves as little as needed to have a box of the drawing in sight. */
export function reveal(
  viewport: Viewport,
  box: { readonly x: number; readonly y: number } & Size,
  window: Size,
): Viewport {
  const shift = (start: number, size: number, offset: number, space: number) => {
    const [near, far] = [offset + start * viewport.scale, offset + (start + size) * viewport.scale];
    if (near < MARGIN) return MARGIN - near;
    return far > space - MARGIN ? space - MARGIN - far : 0;
  };
  return pan(
    viewport,
    shift(box.x, box.width, viewport.x, window.width),
    shift(box.y, box.height, viewport.y, window.height),
  );
}

/** The next of some boxes in the direction of an arrow key: near, and not far to the side. */
export function neighbour<Id>(
  from: Id,
  boxes: ReadonlyMap<Id, { readonly x: number; readonly y: number } & Size>,
  key: string,
): Id | undefined {
  const middle = (id: Id) => {
    const box = boxes.get(id);
    return box === undefined ? { x: 0, y: 0 } : { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const start = middle(from);
  let best: Id | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const id of boxes.keys()) {
    const { x, y } = middle(id);
    const [along, aside] = distances(x - start.x, y - start.y, key);
    if (id === from || along <= 1) continue;
    const cost = along + 2.5 * Math.abs(aside);
    if (cost < least) [best, least] = [id, cost];
  }
  return best;
}

function distances(dx: number, dy: number, key: string): readonly [number, number] {
  if (key === 'ArrowRight') return [dx, dy];
  if (key === 'ArrowLeft') return [-dx, dy];
  return key === 'ArrowDown' ? [dy, dx] : [-dy, dx];
}
