// Keeps the picture still: figures change all the time, places only when something new has to be drawn. An edge that was
// seen keeps its line while both of its ends are there, so that traffic which comes and goes moves nothing.
import { type EdgeShape, type Layout, layoutOf } from './graph-layout.ts';
import type { Scene } from './graph-scene.ts';
import { type CardShape, type Direction, shapeOf } from './graph-shapes.ts';

export interface LayoutKeeper {
  /** The layout that was, if all of the scene has a place in it. */
  place(scene: Scene, direction: Direction): Layout;
}

export function createLayoutKeeper(): LayoutKeeper {
  let layout: Layout | null = null;
  let seen = new Map<string, EdgeShape>();
  let sizes = '';
  return {
    place: (scene, direction) => {
      for (const { key, edge } of scene.edges)
        if (!seen.has(key)) seen.set(key, { key, source: edge.source, target: edge.target });
      const shapes = scene.cards.map((card) => shapeOf(card, direction));
      const nodes = new Set(shapes.flatMap(({ chips }) => [...chips.keys()]));
      const hasPlace = scene.edges.every(({ key }) => layout?.edges.has(key));
      const newSizes = `${direction} ${shapes.map(sizeOf).join(' ')}`;
      if (layout !== null && hasPlace && newSizes === sizes) return layout;
      seen = new Map([...seen].filter(([, { source, target }]) => nodes.has(source) && nodes.has(target)));
      const edges = [...seen.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
      sizes = newSizes;
      layout = layoutOf(shapes, edges, direction);
      return layout;
    },
  };
}

const sizeOf = ({ id, width, height, chips }: CardShape) =>
  `${id} ${width} ${height} ${[...chips.keys()].join()};`;
