import { placeInFlow } from './yaml-flow.ts';
import { commentStart, indentOf, type OutlineNode, outlineYaml, unquote } from './yaml-outline.ts';

/** Where a place in a YAML text is, in the words of its schema. */
export interface Cursor {
  readonly position: 'key' | 'value';
  /** Keys from the document's root, and `[]` for an item of a list: of the mapping at a key, of the value at a value. */
  readonly path: readonly string[];
  /** Start of the word that a completion would replace. */
  readonly from: number;
  /** Column that the keys of the mapping stand at. */
  readonly indent: number;
  readonly isFlow: boolean;
  /** Fields of the mapping that the place is in, then of the mapping around it, and so on to the root. */
  readonly around: readonly Readonly<Record<string, string>>[];
}

interface Level {
  readonly path: readonly string[];
  readonly around: readonly Readonly<Record<string, string>>[];
}

/** null = a comment, or the text of a block. */
export function cursorAt(text: string, offset: number): Cursor | null {
  const lineFrom = text.lastIndexOf('\n', offset - 1) + 1;
  const lineEnd = text.indexOf('\n', offset);
  const line = text.slice(lineFrom, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '');
  if (offset - lineFrom > commentStart(line)) return null;
  const nodes = outlineYaml(text);
  const flow = nodes.findIndex(
    ({ value, valueFrom, valueTo }) => /^[{[]/.test(value) && offset > valueFrom && offset <= valueTo,
  );
  if (flow >= 0) return cursorInFlow(text, offset, nodes, flow);
  const index = nodes.findLastIndex(({ from }) => from >= lineFrom && from <= offset);
  const node = nodes[index];
  if (node === undefined || node.kind === 'item') return cursorOnBlank(text, offset, line, nodes);
  if (node.kind === 'key' && offset > node.keyTo) return cursorAtValue(offset, nodes, index, node);
  const { path, around } = levelOf(nodes, index);
  return { position: 'key', path, from: node.from, indent: node.indent, isFlow: false, around };
}

function cursorInFlow(
  text: string,
  offset: number,
  nodes: readonly OutlineNode[],
  index: number,
): Cursor | null {
  const node = nodes[index];
  if (node === undefined) return null;
  const place = placeInFlow(text.slice(node.valueFrom, node.valueTo), offset - node.valueFrom);
  if (place === null) return null;
  const { path, around } = levelOf(nodes, index);
  return {
    position: place.isValue ? 'value' : 'key',
    path: [...path, ...(node.kind === 'key' ? [node.key] : []), ...place.path],
    from: node.valueFrom + place.from,
    indent: node.indent,
    isFlow: true,
    around: [place.fields, ...around],
  };
}

function cursorAtValue(
  offset: number,
  nodes: readonly OutlineNode[],
  index: number,
  node: OutlineNode,
): Cursor {
  const { path, around } = levelOf(nodes, index);
  return {
    position: 'value',
    path: [...path, node.key],
    from: Math.min(offset, node.value === '' ? offset : node.valueFrom),
    indent: node.indent,
    isFlow: false,
    around,
  };
}

/** On a line without a word, or behind a dash: the column tells what it belongs to. */
function cursorOnBlank(
  text: string,
  offset: number,
  line: string,
  nodes: readonly OutlineNode[],
): Cursor | null {
  const lineFrom = text.lastIndexOf('\n', offset - 1) + 1;
  if (isInBlock(text, lineFrom, nodes)) return null;
  const document = nodes.findLast(({ from }) => from < offset)?.document ?? 0;
  const isNewDocument = /(^|\n)---[^\n]*\n[^\S\n]*$/.test(text.slice(0, offset)) || /^---/.test(line);
  const blank: OutlineNode = {
    kind: 'scalar',
    document: isNewDocument ? (text.slice(0, offset).match(/^---/gm)?.length ?? 0) : document,
    indent: offset - lineFrom,
    from: offset,
    key: '',
    keyTo: offset,
    valueFrom: offset,
    valueTo: offset,
    value: '',
  };
  const index = nodes.filter(({ from }) => from < offset).length;
  const all = [...nodes.slice(0, index), blank, ...nodes.slice(index)];
  const { path, around } = levelOf(all, index);
  return { position: 'key', path, from: offset, indent: blank.indent, isFlow: false, around };
}

/** A line without nodes of its own, below a `|`, and further in. */
function isInBlock(text: string, lineFrom: number, nodes: readonly OutlineNode[]): boolean {
  const before = nodes.findLast(({ from }) => from < lineFrom);
  if (before === undefined || !/^[|>]/.test(before.value)) return false;
  const line = text.slice(lineFrom).split('\n')[0] ?? '';
  return indentOf(line) > before.indent;
}

/** The mapping that a node stands in. */
function levelOf(nodes: readonly OutlineNode[], index: number): Level {
  const path: string[] = [];
  const around = [fieldsBeside(nodes, index)];
  for (let at = parentOf(nodes, index); at !== null; at = parentOf(nodes, at)) {
    const node = nodes[at];
    if (node === undefined) break;
    path.unshift(node.kind === 'item' ? '[]' : node.key);
    if (node.kind === 'key') around.push(fieldsBeside(nodes, at));
  }
  return { path, around };
}

function parentOf(nodes: readonly OutlineNode[], index: number): number | null {
  const child = nodes[index];
  if (child === undefined) return null;
  for (let at = index - 1; at >= 0; at--) {
    const node = nodes[at];
    if (node === undefined || node.document !== child.document) return null;
    if (node.kind === 'scalar' || (node.kind === 'key' && node.value !== '' && !/^[&!]/.test(node.value)))
      continue;
    // A list may stand at the column of its own key.
    const isAround =
      node.indent < child.indent ||
      (child.kind === 'item' && node.kind === 'key' && node.indent === child.indent);
    if (isAround) return at;
  }
  return null;
}

/** Fields of the mapping that a node is in, but its own. */
function fieldsBeside(nodes: readonly OutlineNode[], index: number): Record<string, string> {
  const node = nodes[index];
  const fields: Record<string, string> = {};
  if (node === undefined) return fields;
  for (const step of [-1, 1]) {
    for (let at = index + step; at >= 0 && at < nodes.length; at += step) {
      const other = nodes[at];
      if (other === undefined || other.document !== node.document || other.indent < node.indent) break;
      if (other.kind === 'key' && other.indent === node.indent) fields[other.key] = unquote(other.value);
    }
  }
  return fields;
}
