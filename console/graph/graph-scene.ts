// What of a GraphView is drawn: nodes of one app on one card, how each of them and each edge fares, and what is left out.
import type { GraphEdge, GraphNode, GraphView, TrafficFigures } from '../../model/console.ts';

/** `bad`: at least one in twenty failed. `idle`: nothing went over it in the window. */
export type Health = 'ok' | 'warn' | 'bad' | 'idle';

export interface Card {
  readonly id: string;
  readonly kind: GraphNode['kind'];
  readonly title: string;
  readonly namespace: string;
  readonly nodes: readonly SceneNode[];
}

export interface SceneNode {
  readonly node: GraphNode;
  readonly health: Health;
  /** Of what comes in, or of what goes out where nothing comes in. */
  readonly sum: FiguresSum;
  /** Nobody calls it: its errors are those of others. */
  readonly isSource: boolean;
}

export interface SceneEdge {
  readonly key: string;
  readonly edge: GraphEdge;
  readonly health: Health;
}

export interface Scene {
  readonly cards: readonly Card[];
  readonly edges: readonly SceneEdge[];
}

export interface FiguresSum {
  readonly requestsPerSecond: number;
  readonly errorShare: number;
  readonly openConnections: number;
  readonly bytesPerSecond: number;
}

export interface SceneFilter {
  /** '' = all. Neighbours from elsewhere stay. */
  readonly namespace: string;
  readonly hidesIdle: boolean;
}

const BAD_SHARE = 0.05;

export const edgeKey = ({ source, target, protocol }: Pick<GraphEdge, 'source' | 'target' | 'protocol'>) =>
  `${source} > ${target} ${protocol}`;

const SERVICE_HOST = /^([^.]+)\.([^.]+)\.svc\./;

/** What nobody answered for stands on the card of the app of that name, if there is one. */
function cardId({ id, kind, app, namespace, label }: GraphNode, apps: ReadonlySet<string>): string {
  if (app !== '') return `${namespace}/${app}`;
  const [, name, where] = (kind === 'service' && SERVICE_HOST.exec(label)) || [];
  return apps.has(`${where}/${name}`) ? `${where}/${name}` : id;
}

/** A host name of the mesh is as long as it is boring. */
export const shortName = (host: string): string => host.replace(/\.svc\..*$/, '').replace(/\.default$/, '');

export const isIdle = ({
  requestsPerSecond,
  openConnections,
  bytesInPerSecond,
  bytesOutPerSecond,
}: TrafficFigures) =>
  requestsPerSecond === 0 && openConnections === 0 && bytesInPerSecond + bytesOutPerSecond === 0;

/** Cards and edges in an order of their names: equal graphs give equal scenes. */
export function sceneOf(view: Pick<GraphView, 'nodes' | 'edges'>, filter: SceneFilter): Scene {
  const nodes = new Map(view.nodes.map((node) => [node.id, node]));
  const edges = view.edges.filter(({ source, target }) => nodes.has(source) && nodes.has(target));
  const busy = new Set(
    edges.filter(({ figures }) => !isIdle(figures)).flatMap(({ source, target }) => [source, target]),
  );
  const isWithin = (id: string) => filter.namespace === '' || nodes.get(id)?.namespace === filter.namespace;
  const drawn = edges.filter(
    (edge) => (isWithin(edge.source) || isWithin(edge.target)) && !(filter.hidesIdle && isIdle(edge.figures)),
  );
  const touched = new Set(drawn.flatMap(({ source, target }) => [source, target]));
  const isDrawn = ({ id }: GraphNode) =>
    touched.has(id) || (isWithin(id) && !(filter.hidesIdle && !busy.has(id)));
  return {
    cards: cardsOf(view.nodes.filter(isDrawn), edges),
    edges: drawn
      .map((edge) => ({ key: edgeKey(edge), edge, health: edgeHealth(edge) }))
      .sort((a, b) => compare(a.key, b.key)),
  };
}

export const namespacesOf = (nodes: readonly GraphNode[]): string[] =>
  [...new Set(nodes.map(({ namespace }) => namespace).filter((name) => name !== ''))].sort();

function cardsOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Card[] {
  const apps = new Set(
    nodes.filter(({ app }) => app !== '').map(({ namespace, app }) => `${namespace}/${app}`),
  );
  const groups = Map.groupBy(nodes, (node) => cardId(node, apps));
  return [...groups]
    .map(([id, members]) => {
      const first = members.find(({ app }) => app !== '') ?? (members[0] as GraphNode);
      return {
        ...{ id, kind: first.kind, namespace: first.namespace },
        title: first.app === '' ? shortName(first.label) : first.app,
        nodes: [...members].sort(byVersion).map((node) => sceneNode(node, edges)),
      };
    })
    .sort((a, b) => compare(a.id, b.id));
}

/** What nobody answered for comes last. */
function byVersion(a: GraphNode, b: GraphNode): number {
  const last = Number(a.kind === 'service') - Number(b.kind === 'service');
  return last || a.version.localeCompare(b.version, 'en', { numeric: true }) || compare(a.id, b.id);
}

function sceneNode(node: GraphNode, edges: readonly GraphEdge[]): SceneNode {
  const inbound = edges.filter(({ target }) => target === node.id);
  const outbound = edges.filter(({ source }) => source === node.id);
  const sum = sumFigures((inbound.length > 0 ? inbound : outbound).map(({ figures }) => figures));
  const isQuiet = [...inbound, ...outbound].every(({ figures }) => isIdle(figures));
  return {
    node,
    sum,
    isSource: inbound.length === 0,
    health: nodeHealth(node, inbound.length > 0 ? sum.errorShare : 0, isQuiet),
  };
}

function nodeHealth(
  { containers, unready, unsynced }: GraphNode,
  errorShare: number,
  isQuiet: boolean,
): Health {
  if (errorShare >= BAD_SHARE || (containers > 0 && unready >= containers)) return 'bad';
  if (errorShare > 0 || unready > 0 || unsynced > 0) return 'warn';
  return isQuiet ? 'idle' : 'ok';
}

export function edgeHealth({ figures }: GraphEdge): Health {
  if (isIdle(figures)) return 'idle';
  if (figures.errorShare >= BAD_SHARE) return 'bad';
  return figures.errorShare > 0 ? 'warn' : 'ok';
}

export function sumFigures(all: readonly TrafficFigures[]): FiguresSum {
  const total = (of: (figures: TrafficFigures) => number) =>
    all.reduce((sum, figures) => sum + of(figures), 0);
  const requestsPerSecond = total((figures) => figures.requestsPerSecond);
  const errors = total((figures) => figures.requestsPerSecond * figures.errorShare);
  return {
    requestsPerSecond,
    errorShare: requestsPerSecond === 0 ? 0 : errors / requestsPerSecond,
    openConnections: total((figures) => figures.openConnections),
    bytesPerSecond: total((figures) => figures.bytesInPerSecond + figures.bytesOutPerSecond),
  };
}

/** How often each outcome was seen on all of them together, most frequent first. */
export function sumOutcomes(edges: readonly GraphEdge[]): GraphEdge['outcomes'] {
  const counts = new Map<string, number>();
  for (const { outcomes } of edges)
    for (const { outcome, count } of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + count);
  return [...counts].map(([outcome, count]) => ({ outcome, count })).sort((a, b) => b.count - a.count);
}

/** By code unit: the same on every machine. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
