// Pan by drag, zoom by wheel and by two fingers. What is seen is a signal that only the drawing's transform follows.
import { type Signal, useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Box } from './graph-shapes.ts';
import { fit, pan, reveal, type Size, type Viewport, zoom } from './viewport.ts';

export interface ViewportControl {
  readonly viewport: Signal<Viewport>;
  /** Of the window that shows the drawing. */
  size(): Size;
  fit(): void;
  /** Around the middle. */
  zoomBy(factor: number): void;
  /** By a user: from now on it is not fitted by itself. */
  move(next: Viewport): void;
}

/** More than a trembling hand. */
const DRAG_PX = 4;

/** @param chosen stays in sight when the window becomes smaller */
export function useViewport(
  svg: RefObject<SVGSVGElement | null>,
  drawing: Size,
  chosen: Box | undefined,
): ViewportControl {
  const viewport = useSignal<Viewport>({ x: 0, y: 0, scale: 1 });
  const isMoved = useRef(false);
  const latest = useRef({ drawing, chosen });
  latest.current = { drawing, chosen };
  const size = () => ({ width: svg.current?.clientWidth ?? 0, height: svg.current?.clientHeight ?? 0 });
  const refit = () => {
    viewport.value = fit(latest.current.drawing, size());
  };
  const move = (next: Viewport) => {
    isMoved.current = true;
    viewport.value = next;
  };
  useEffect(() => {
    if (!isMoved.current) refit();
  }, [drawing.width, drawing.height]);
  useEffect(() => {
    const element = svg.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      const { chosen: box } = latest.current;
      if (box !== undefined) viewport.value = reveal(viewport.peek(), box, size());
      else if (!isMoved.current) refit();
    });
    observer.observe(element);
    const stop = listen(element, viewport, move);
    return () => {
      observer.disconnect();
      stop();
    };
  }, []);
  return {
    ...{ viewport, size, move },
    fit: () => {
      isMoved.current = false;
      refit();
    },
    zoomBy: (factor) => {
      const { width, height } = size();
      move(zoom(viewport.peek(), factor, { x: width / 2, y: height / 2 }));
    },
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

function listen(
  element: SVGSVGElement,
  viewport: Signal<Viewport>,
  move: (next: Viewport) => void,
): () => void {
  const pointers = new Map<number, Point>();
  let isDragging = false;
  const local = (event: PointerEvent | WheelEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a touchpad comes as a wheel with Ctrl, in small steps.
    const strength = event.ctrlKey ? 0.01 : 0.0016;
    move(zoom(viewport.peek(), Math.exp(-event.deltaY * lines * strength), local(event)));
  };
  const onDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    pointers.set(event.pointerId, local(event));
    if (pointers.size === 1) isDragging = false;
  };
  const onMove = (event: PointerEvent) => {
    const before = pointers.get(event.pointerId);
    if (before === undefined) return;
    const now = local(event);
    if (!isDragging && Math.hypot(now.x - before.x, now.y - before.y) < DRAG_PX) return;
    if (!isDragging) element.setPointerCapture(event.pointerId);
    isDragging = true;
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    pointers.set(event.pointerId, now);
    if (other === undefined) move(pan(viewport.peek(), now.x - before.x, now.y - before.y));
    else move(zoom(viewport.peek(), distance(now, other) / Math.max(1, distance(before, other)), other));
  };
  const onUp = (event: PointerEvent) => pointers.delete(event.pointerId);
  /** A drag ends on whatever is below the pointer: that was not meant. */
  const onClick = (event: MouseEvent) => {
    if (isDragging) event.stopPropagation();
    isDragging = false;
  };
  const abort = new AbortController();
  const { signal } = abort;
  element.addEventListener('wheel', onWheel, { passive: false, signal });
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  for (const end of ['pointerup', 'pointercancel'] as const) element.addEventListener(end, onUp, { signal });
  element.addEventListener('click', onClick, { capture: true, signal });
  return () => abort.abort();
}

const distance = (a: Point, b: Point) => Math.hypot(a.x - b.x, a.y - b.y);
