// Where cards, edges and their labels stand: dagre ranks and orders them, with room for each label; lines then leave and
// enter at the very version, go straight past cards and labels, and bend only in between.
import { Graph, layout as runDagre } from '@dagrejs/dagre';
import { type Box, type CardShape, type Direction, LABEL } from './graph-shapes.ts';

export interface EdgeShape {
  readonly key: string;
  readonly source: string;
  readonly target: string;
}

export interface PlacedEdge {
  /** Of an SVG path. */
  readonly path: string;
  /** Middle of the label. */
  readonly label: Point;
}

export interface Layout {
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
  readonly cards: ReadonlyMap<string, Box>;
  /** Node → its box in the drawing. */
  readonly chips: ReadonlyMap<string, Box>;
  readonly edges: ReadonlyMap<string, PlacedEdge>;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const GAPS = { nodesep: 26, edgesep: 12, ranksep: 44, marginx: 24, marginy: 24 } as const;
const LOOP = 46;
/** How wide rows of cards that nobody calls are at least. */
const SHELF = { right: 900, down: 380 } as const;
const SHELF_GAP = 22;

export function layoutOf(
  cards: readonly CardShape[],
  edges: readonly EdgeShape[],
  direction: Direction,
): Layout {
  const cardOf = new Map(
    cards.flatMap((card) => [...card.chips.keys()].map((node) => [node, card.id] as const)),
  );
  const between = edges.filter(({ source, target }) => cardOf.get(source) !== cardOf.get(target));
  const joined = new Set(between.flatMap(({ source, target }) => [cardOf.get(source), cardOf.get(target)]));
  const drawn = cards.filter(({ id }) => joined.has(id));
  const graph = ranked(drawn, between, cardOf, direction);
  const { width = 0, height = 0 } = drawn.length === 0 ? {} : (graph.graph() as Partial<Box>);
  const shelf = shelve(
    cards.filter(({ id }) => !joined.has(id)),
    { y: Math.max(GAPS.marginy, height), width: Math.max(width, SHELF[direction]) },
  );
  const ranks = new Map(drawn.map(({ id }) => [id, boxOf(graph.node(id) as Box)]));
  const places = new Map([...ranks, ...shelf.places]);
  const chips = placeChips(cards, places);
  const routes = routesOf(graph, between, cardOf, chips, direction);
  const context = {
    cardOf,
    places,
    chips,
    routes,
    ranks: ranksOf([...ranks.values()], direction),
    direction,
  };
  return {
    ...{ direction, cards: places, chips, edges: placeEdges(edges, context) },
    width: Math.max(width, shelf.width),
    height: Math.max(height, shelf.height),
  };
}

function ranked(
  cards: readonly CardShape[],
  edges: readonly EdgeShape[],
  cardOf: ReadonlyMap<string, string>,
  direction: Direction,
): Graph {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: direction === 'right' ? 'LR' : 'TB', ...GAPS });
  for (const { id, width, height } of cards) graph.setNode(id, { width, height });
  for (const { key, source, target } of edges)
    graph.setEdge(cardOf.get(source) ?? '', cardOf.get(target) ?? '', { ...LABEL, labelpos: 'c' }, key);
  runDagre(graph);
  return graph;
}

interface EdgeContext {
  readonly cardOf: ReadonlyMap<string, string>;
  readonly places: ReadonlyMap<string, Box>;
  readonly chips: ReadonlyMap<string, Box>;
  readonly routes: ReadonlyMap<string, Route>;
  readonly ranks: readonly Rank[];
  readonly direction: Direction;
}

function placeEdges(edges: readonly EdgeShape[], context: EdgeContext): Map<string, PlacedEdge> {
  const { cardOf, places, chips, routes, ranks, direction } = context;
  const placed = new Map<string, PlacedEdge>();
  for (const { key, source, target } of edges) {
    const [from, to] = [chips.get(source), chips.get(target)];
    const card = cardOf.get(source) ?? '';
    const route = routes.get(key);
    if (from === undefined || to === undefined) continue;
    if (card === cardOf.get(target)) placed.set(key, loop(from, to, places.get(card) ?? from));
    else if (route !== undefined) placed.set(key, line(from, to, route, ranks, direction));
  }
  return placed;
}

/** Cards without an edge stand in rows below the others: among them they would only push those apart. */
function shelve(cards: readonly CardShape[], room: { readonly y: number; readonly width: number }) {
  const places = new Map<string, Box>();
  let [x, y, rowHeight, width] = [GAPS.marginx as number, room.y, 0, 0];
  for (const card of cards) {
    if (x > GAPS.marginx && x + card.width + GAPS.marginx > room.width) {
      [x, y, rowHeight] = [GAPS.marginx, y + rowHeight + SHELF_GAP, 0];
    }
    places.set(card.id, { x, y, width: card.width, height: card.height });
    x += card.width + SHELF_GAP;
    rowHeight = Math.max(rowHeight, card.height);
    width = Math.max(width, x - SHELF_GAP + GAPS.marginx);
  }
  return { places, width, height: cards.length === 0 ? 0 : y + rowHeight + GAPS.marginy };
}

/** Where dagre leads an edge: from one card's rim to the other's; the label's middle. */
interface Route extends Point {
  readonly points: readonly Point[];
}

/** dagre knows cards, no versions: of lines between the same two cards the upper goes to the upper version. */
function routesOf(
  graph: Graph,
  edges: readonly EdgeShape[],
  cardOf: ReadonlyMap<string, string>,
  chips: ReadonlyMap<string, Box>,
  direction: Direction,
): Map<string, Route> {
  const cardsOf = ({ source, target }: EdgeShape) =>
    [cardOf.get(source) ?? '', cardOf.get(target) ?? ''] as const;
  const across = ({ x, y }: Point) => (direction === 'right' ? y : x);
  const place = ({ source, target }: EdgeShape) => {
    const [from, to] = [chips.get(source), chips.get(target)];
    return from && to ? across(from) + across(to) : 0;
  };
  const routes = new Map<string, Route>();
  for (const bundle of Map.groupBy(edges, (edge) => cardsOf(edge).join(' > ')).values()) {
    const found = bundle.map((edge) => graph.edge(...cardsOf(edge), edge.key) as unknown as Route);
    const sorted = [...found].sort((a, b) => across(a) - across(b));
    const wanted = [...bundle].sort((a, b) => place(a) - place(b));
    for (const [index, { key }] of wanted.entries()) if (sorted[index]) routes.set(key, sorted[index]);
  }
  return routes;
}

/** dagre tells of middles. */
const boxOf = ({ x, y, width, height }: Box): Box => ({ x: x - width / 2, y: y - height / 2, width, height });

function placeChips(cards: readonly CardShape[], places: ReadonlyMap<string, Box>): Map<string, Box> {
  const chips = new Map<string, Box>();
  for (const card of cards) {
    const at = places.get(card.id);
    if (at === undefined) continue;
    for (const [node, chip] of card.chips) chips.set(node, { ...chip, x: at.x + chip.x, y: at.y + chip.y });
  }
  return chips;
}

interface Rank {
  readonly middle: number;
  readonly half: number;
}

/** Cards of one rank share their middle; the widest says how far a line that passes among them must go straight. */
function ranksOf(cards: readonly Box[], direction: Direction): Rank[] {
  const ranks = new Map<number, number>();
  for (const box of cards) {
    const [start, size] = direction === 'right' ? [box.x, box.width] : [box.y, box.height];
    const middle = Math.round(start + size / 2);
    ranks.set(middle, Math.max(ranks.get(middle) ?? 0, size / 2));
  }
  return [...ranks].map(([middle, half]) => ({ middle, half }));
}

/** All of it is computed as if it went to the right; for `down` the axes are changed at both ends. */
function line(from: Box, to: Box, route: Route, ranks: readonly Rank[], direction: Direction): PlacedEdge {
  const turn = direction === 'right' ? (point: Point) => point : flip;
  const [source, target] = direction === 'right' ? [from, to] : [flipBox(from), flipBox(to)];
  const label = turn({ x: route.x, y: route.y });
  const inner = route.points.slice(1, -1).map(turn);
  const isForward = source.x + source.width / 2 <= target.x + target.width / 2;
  const start = port(source, isForward);
  const end = port(target, !isForward);
  const sign = isForward ? 1 : -1;
  const half = (direction === 'right' ? LABEL.width : LABEL.height) / 2;
  const straight = inner.flatMap((point) => {
    const rank = ranks.find(({ middle }) => Math.abs(middle - point.x) < 2);
    const reach = Math.abs(point.x - label.x) < 2 ? half : (rank?.half ?? 0);
    return reach === 0 ? [point] : [shifted(point, -sign * reach), shifted(point, sign * reach)];
  });
  return { path: curve([start, ...straight, end].map(turn), direction), label: { x: route.x, y: route.y } };
}

const flip = ({ x, y }: Point): Point => ({ x: y, y: x });
const flipBox = ({ x, y, width, height }: Box): Box => ({ x: y, y: x, width: height, height: width });
const shifted = ({ x, y }: Point, by: number): Point => ({ x: x + by, y });
const port = ({ x, y, width, height }: Box, isEnd: boolean): Point => ({
  x: isEnd ? x + width : x,
  y: y + height / 2,
});

/** Straight where two points are level, else an S whose ends are level. */
function curve(points: readonly Point[], direction: Direction): string {
  const [first = { x: 0, y: 0 }, ...rest] = points;
  let at = first;
  let path = `M${at.x.toFixed(1)} ${at.y.toFixed(1)}`;
  for (const to of rest) {
    const middle = direction === 'right' ? (at.x + to.x) / 2 : (at.y + to.y) / 2;
    const [near, far] =
      direction === 'right'
        ? [`${middle.toFixed(1)} ${at.y.toFixed(1)}`, `${middle.toFixed(1)} ${to.y.toFixed(1)}`]
        : [`${at.x.toFixed(1)} ${middle.toFixed(1)}`, `${to.x.toFixed(1)} ${middle.toFixed(1)}`];
    path += `C${near} ${far} ${to.x.toFixed(1)} ${to.y.toFixed(1)}`;
    at = to;
  }
  return path;
}

/** An app that calls itself: out of the right side, and back into it. */
function loop(from: Box, to: Box, card: Box): PlacedEdge {
  const right = card.x + card.width;
  const [out, back] = [from.y + from.height * 0.35, to.y + to.height * 0.75];
  const bend = right + LOOP;
  return {
    path: `M${right} ${out}C${bend} ${out - 14} ${bend} ${back + 14} ${right} ${back}`,
    label: { x: bend - 8, y: (out + back) / 2 },
  };
}
