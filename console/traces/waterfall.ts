// Spans of a trace as rows of a picture: who called whom, when, for how long. Spans of other reporters may be missing,
// may come from clocks that disagree, and may name parents in a circle.
import type { SpanView, TraceView } from '../../model/console.ts';

export interface WaterfallRow {
  readonly span: SpanView;
  readonly depth: number;
  /** How many rows below belong to it. */
  readonly descendants: number;
  /** Share of the whole trace, 0 to 1. */
  readonly start: number;
  readonly width: number;
  /** Milliseconds since the trace began. */
  readonly startMs: number;
  /** Milliseconds that none of its children took. */
  readonly selfMs: number;
  /** Its parent is named, but is not there. */
  readonly isParentMissing: boolean;
  /** Milliseconds that it was moved by, because its clock disagrees with its parent's; 0 = not. */
  readonly skewMs: number;
  /** What the answer waited for. */
  readonly isCritical: boolean;
}

export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  readonly durationMs: number;
  /** Of every service, in the order of appearance. */
  readonly services: readonly string[];
}

interface Node {
  readonly span: SpanView;
  readonly children: Node[];
  isParentMissing: boolean;
  startUs: number;
  skewUs: number;
}

export function layOut({ spans }: TraceView): Waterfall {
  const roots = treeOf(spans);
  for (const root of roots) alignClocks(root);
  const nodes = roots.flatMap(flatten);
  const firstUs = nodes.reduce((least, { startUs }) => Math.min(least, startUs), Number.POSITIVE_INFINITY);
  const lastUs = nodes.reduce((most, node) => Math.max(most, endOf(node)), Number.NEGATIVE_INFINITY);
  const wholeUs = Math.max(1, lastUs - firstUs);
  const critical = new Set(roots.length === 0 ? [] : criticalPath(roots[0]));
  const rows = roots.flatMap((root) => rowsOf(root, 0, { firstUs, wholeUs, critical }));
  return {
    rows,
    durationMs: nodes.length === 0 ? 0 : (lastUs - firstUs) / 1000,
    services: [...new Set(rows.map(({ span }) => span.service))],
  };
}

/** Roots in the order of their start, and below each its children. */
function treeOf(spans: readonly SpanView[]): Node[] {
  const nodes = new Map<string, Node>();
  for (const span of spans) {
    const node = { span, children: [], isParentMissing: false, startUs: span.startUs, skewUs: 0 };
    // A client and its server may share one id (B3, Zipkin): the client is the outer one.
    if (!nodes.has(keyOf(span))) nodes.set(keyOf(span), node);
  }
  const roots: Node[] = [];
  for (const node of nodes.values()) {
    const parent = parentOf(node, nodes);
    if (parent === undefined) {
      node.isParentMissing = node.span.parentId !== '';
      roots.push(node);
    } else parent.children.push(node);
  }
  return [...roots, ...withoutCircles(nodes, roots)].sort(byStart);
}

const keyOf = ({ spanId, kind }: SpanView) => `${spanId}/${kind === 'SERVER' ? 'server' : ''}`;

function parentOf({ span }: Node, nodes: ReadonlyMap<string, Node>): Node | undefined {
  const outer = span.kind === 'SERVER' ? nodes.get(`${span.spanId}/`) : undefined;
  if (outer !== undefined) return outer;
  if (span.parentId === '' || span.parentId === span.spanId) return undefined;
  return nodes.get(`${span.parentId}/server`) ?? nodes.get(`${span.parentId}/`);
}

/** Spans that are below nobody because they are below one another: the first of each circle is made a root. */
function withoutCircles(nodes: ReadonlyMap<string, Node>, roots: readonly Node[]): Node[] {
  const seen = new Set(roots.flatMap(flatten));
  const more: Node[] = [];
  for (const node of [...nodes.values()].sort(byStart)) {
    if (seen.has(node)) continue;
    for (const other of nodes.values()) {
      const at = other.children.indexOf(node);
      if (at >= 0) other.children.splice(at, 1);
    }
    node.isParentMissing = true;
    more.push(node);
    for (const each of flatten(node)) seen.add(each);
  }
  return more;
}

function flatten(node: Node): Node[] {
  const all: Node[] = [];
  const open = [node];
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    all.push(each);
    open.push(...each.children);
  }
  return all;
}

const byStart = (a: Node, b: Node) => a.startUs - b.startUs || b.span.durationUs - a.span.durationUs;

/** A server cannot begin before its caller, nor end after it: where clocks say so, its whole branch is moved. */
function alignClocks(node: Node): void {
  for (const child of node.children) {
    const isAcross = child.span.service !== node.span.service || child.span.kind === 'SERVER';
    const shift = isAcross ? shiftInto(node, child) : 0;
    if (shift !== 0) {
      for (const each of flatten(child)) {
        each.startUs += shift;
        each.skewUs += shift;
      }
    }
    alignClocks(child);
  }
  node.children.sort(byStart);
}

/** Microseconds to move a child by; spans that last longer than their parent (work after the answer) begin with it. */
function shiftInto(parent: Node, child: Node): number {
  const slack = parent.span.durationUs - child.span.durationUs;
  const isWithin =
    child.startUs >= parent.startUs &&
    child.startUs + child.span.durationUs <= parent.startUs + parent.span.durationUs;
  if (isWithin) return 0;
  if (slack < 0) return child.startUs < parent.startUs ? parent.startUs - child.startUs : 0;
  return Math.round(parent.startUs + slack / 2 - child.startUs);
}

/** From the end backwards: the child that ended last, then what ended before that one began. */
function criticalPath(root: Node | undefined): Node[] {
  if (root === undefined) return [];
  const path = [root];
  let limit = root.startUs + root.span.durationUs;
  const byEnd = root.children.toSorted((a, b) => endOf(b) - endOf(a));
  for (const child of byEnd) {
    if (endOf(child) > limit) continue;
    path.push(...criticalPath(child));
    limit = child.startUs;
  }
  return path;
}

const endOf = (node: Node) => node.startUs + node.span.durationUs;

interface Scale {
  readonly firstUs: number;
  readonly wholeUs: number;
  readonly critical: ReadonlySet<Node>;
}

function rowsOf(node: Node, depth: number, scale: Scale): WaterfallRow[] {
  const below = node.children.flatMap((child) => rowsOf(child, depth + 1, scale));
  const { span, startUs, skewUs, isParentMissing } = node;
  const row: WaterfallRow = {
    span,
    depth,
    descendants: below.length,
    start: (startUs - scale.firstUs) / scale.wholeUs,
    width: span.durationUs / scale.wholeUs,
    startMs: (startUs - scale.firstUs) / 1000,
    selfMs: selfTimeUs(node) / 1000,
    isParentMissing,
    skewMs: skewUs / 1000,
    isCritical: scale.critical.has(node),
  };
  return [row, ...below];
}

/** Its own duration without the time that any child covers. */
function selfTimeUs(node: Node): number {
  let covered = 0;
  let until = node.startUs;
  for (const child of node.children) {
    const from = Math.max(child.startUs, until);
    const to = Math.min(endOf(child), endOf(node));
    if (to > from) covered += to - from;
    until = Math.max(until, to);
  }
  return Math.max(0, node.span.durationUs - covered);
}

/** Rows that are seen while some are folded. */
export function unfolded(rows: readonly WaterfallRow[], folded: ReadonlySet<string>): WaterfallRow[] {
  const seen: WaterfallRow[] = [];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (row === undefined) break;
    seen.push(row);
    if (folded.has(rowId(row))) at += row.descendants;
  }
  return seen;
}

export const rowId = ({ span }: WaterfallRow) => `${span.spanId}/${span.kind}`;

/** Round marks on the time axis, in milliseconds. */
export function timeMarks(durationMs: number, most: number): number[] {
  if (durationMs <= 0) return [0];
  const raw = durationMs / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  return Array.from({ length: Math.floor(durationMs / step) + 1 }, (_, index) => index * step);
}
