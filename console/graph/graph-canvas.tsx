// The drawing. One item of it is a tab stop; arrow keys go from there to what lies in their direction, Enter chooses it.
import { useComputed } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { startFlow } from './flow.ts';
import { GraphCard } from './graph-card.tsx';
import { EdgeLabel, EdgeLine } from './graph-edge.tsx';
import type { Layout } from './graph-layout.ts';
import type { Scene } from './graph-scene.ts';
import { type Box, LABEL } from './graph-shapes.ts';
import { edgeWords, nodeName } from './graph-words.ts';
import { useViewport, type ViewportControl } from './use-viewport.ts';
import { neighbour, pan, reveal } from './viewport.ts';

export interface GraphCanvasProps {
  readonly scene: Scene;
  readonly layout: Layout;
  /** Id of a node or key of an edge; '' = none. */
  readonly selected: string;
  readonly onSelect: (id: string) => void;
  readonly showsNamespaces: boolean;
  readonly isMoving: boolean;
}

const HEALTHS = ['ok', 'warn', 'bad', 'idle'] as const;
const STEP_PX = 60;

export function GraphCanvas(props: GraphCanvasProps) {
  const { scene, layout, selected, onSelect, showsNamespaces, isMoving } = props;
  const svg = useRef<SVGSVGElement>(null);
  useEffect(() => {
    return isMoving && svg.current !== null ? startFlow(svg.current) : undefined;
  }, [isMoving]);
  const boxes = boxesOf(scene, layout);
  const chosen = reach(scene, boxes, selected);
  const control = useViewport(svg, layout, chosen);
  const transform = useComputed(() => {
    const { x, y, scale } = control.viewport.value;
    return `translate(${x.toFixed(1)} ${y.toFixed(1)}) scale(${scale.toFixed(4)})`;
  });
  const [focused, setFocused] = useState('');
  const tabStop = boxes.has(focused) ? focused : (boxes.keys().next().value ?? '');
  const names = new Map(
    scene.cards.flatMap(({ nodes }) => nodes.map(({ node }) => [node.id, nodeName(node)])),
  );
  const near = nearTo(scene, selected);
  const isDim = (id: string) => near.size > 0 && !near.has(id);
  useEffect(() => {
    if (chosen !== undefined)
      control.viewport.value = reveal(control.viewport.peek(), chosen, control.size());
  }, [selected, layout]);
  const onKeyDown = (event: KeyboardEvent) => {
    const id = event.target instanceof Element ? event.target.getAttribute('data-id') : null;
    if (onViewportKey(event, control, id === null)) return event.preventDefault();
    if (id === null) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      return onSelect(id);
    }
    const next = event.key.startsWith('Arrow') ? neighbour(id, boxes, event.key) : undefined;
    if (next === undefined) return;
    event.preventDefault();
    setFocused(next);
    svg.current?.querySelector<SVGElement>(`[data-id=${CSS.escape(next)}]`)?.focus({ preventScroll: true });
    const box = boxes.get(next);
    if (box) control.move(reveal(control.viewport.peek(), box, control.size()));
  };
  const edges = scene.edges.flatMap((item) => {
    const place = layout.edges.get(item.key);
    if (place === undefined) return [];
    const more = {
      isSelected: selected === item.key,
      isDim: isDim(item.key),
      onSelect: () => onSelect(item.key),
    };
    return [{ item, place, ...more }];
  });
  return (
    <div class={`canvas ${isMoving ? 'is-moving' : ''}`}>
      <svg
        ref={svg}
        class="canvas-svg"
        // Arrow keys mean something here, so that readers pass them on.
        role="application"
        aria-label="Graph of the mesh"
        tabindex={0}
        onKeyDown={onKeyDown}
      >
        <defs>
          {HEALTHS.map((health) => (
            <marker
              key={health}
              id={`arrow-${health}`}
              class={`arrow health-${health}`}
              viewBox="0 0 8 8"
              {...{
                refX: 7,
                refY: 4,
                markerWidth: 9,
                markerHeight: 9,
                markerUnits: 'userSpaceOnUse',
                orient: 'auto',
              }}
            >
              <path d="M0 .5 8 4 0 7.5z" />
            </marker>
          ))}
        </defs>
        <g transform={transform}>
          {edges.map((edge) => (
            <EdgeLine key={edge.item.key} {...edge} />
          ))}
          {edges.map((edge) => (
            <EdgeLabel
              key={edge.item.key}
              {...edge}
              isTabStop={tabStop === edge.item.key}
              words={edgeWords(
                edge.item.edge,
                names.get(edge.item.edge.source) ?? '',
                names.get(edge.item.edge.target) ?? '',
              )}
            />
          ))}
          {scene.cards.map((card) => (
            <GraphCard
              key={card.id}
              {...{ card, layout, tabStop, selected, isDim, onSelect }}
              showsNamespace={showsNamespaces}
            />
          ))}
        </g>
      </svg>
      <ViewportButtons control={control} />
    </div>
  );
}

function ViewportButtons({ control }: { readonly control: ViewportControl }) {
  return (
    <fieldset class="canvas-buttons">
      <legend class="hidden">View</legend>
      <button type="button" aria-label="Zoom in" title="Zoom in (+)" onClick={() => control.zoomBy(1.25)}>
        <Icon name="plus" />
      </button>
      <button type="button" aria-label="Zoom out" title="Zoom out (-)" onClick={() => control.zoomBy(0.8)}>
        <Icon name="minus" />
      </button>
      <button type="button" aria-label="Show all" title="Show all (0)" onClick={control.fit}>
        <Icon name="fit" />
      </button>
    </fieldset>
  );
}

const PANS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [STEP_PX, 0],
  ArrowRight: [-STEP_PX, 0],
  ArrowUp: [0, STEP_PX],
  ArrowDown: [0, -STEP_PX],
};

/** True if the key was for the view. Arrows move it only where no item has the focus. */
function onViewportKey(event: KeyboardEvent, control: ViewportControl, takesArrows: boolean): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const by = takesArrows ? PANS[event.key] : undefined;
  if (by !== undefined) control.move(pan(control.viewport.peek(), ...by));
  else if (event.key === '+' || event.key === '=') control.zoomBy(1.25);
  else if (event.key === '-') control.zoomBy(0.8);
  else if (event.key === '0') control.fit();
  else return false;
  return true;
}

function boxesOf(scene: Scene, layout: Layout): Map<string, Box> {
  const boxes = new Map<string, Box>();
  for (const { nodes } of scene.cards)
    for (const { node } of nodes) {
      const box = layout.chips.get(node.id);
      if (box !== undefined) boxes.set(node.id, box);
    }
  for (const { key } of scene.edges) {
    const place = layout.edges.get(key);
    if (place !== undefined)
      boxes.set(key, { ...LABEL, x: place.label.x - LABEL.width / 2, y: place.label.y - LABEL.height / 2 });
  }
  return boxes;
}

/** What is to be in sight of the chosen part: of an edge both of its ends. */
function reach({ edges }: Scene, boxes: ReadonlyMap<string, Box>, selected: string): Box | undefined {
  const edge = edges.find(({ key }) => key === selected)?.edge;
  const wanted = edge === undefined ? [selected] : [edge.source, selected, edge.target];
  const all = wanted.flatMap((id) => boxes.get(id) ?? []);
  if (all.length === 0) return undefined;
  const [x, y] = [Math.min(...all.map((box) => box.x)), Math.min(...all.map((box) => box.y))];
  const right = Math.max(...all.map((box) => box.x + box.width));
  const bottom = Math.max(...all.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** What stays in full colour beside the chosen part: its edges and their other ends. Empty: all of it. */
function nearTo({ edges }: Scene, selected: string): ReadonlySet<string> {
  if (selected === '') return new Set();
  const touching = edges.filter(
    ({ key, edge }) => key === selected || edge.source === selected || edge.target === selected,
  );
  return new Set([selected, ...touching.flatMap(({ key, edge }) => [key, edge.source, edge.target])]);
}
