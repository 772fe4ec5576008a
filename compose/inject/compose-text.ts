import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import type { NamedText } from './marks.ts';
import { type Fields, keyOf, NodeReader, ReadFault, type Value } from './value.ts';

/** One compose file: what it says, and where. Lines are counted from 0. */
export interface ComposeText extends NamedText {
  readonly document: Document;
  readonly root: YAMLMap;
  readonly fields: Fields;
  readonly services: ReadonlyMap<string, ServiceText>;
  lineAt(offset: number): number;
  columnAt(offset: number): number;
}

export interface ServiceText {
  readonly name: string;
  readonly pair: Pair;
  readonly fields: Fields;
  /** What only merge keys bring. */
  readonly merged: Fields;
  /** Name → the pair that is written for it; null = the service is not a mapping in block style. */
  readonly pairs: ReadonlyMap<string, Pair> | null;
}

export class ComposeFault extends Error {
  /** From 1; 0 = the file as a whole. */
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

/** @throws ComposeFault if it is no compose file */
export function parseComposeText({ name, text }: NamedText): ComposeText {
  const starts = lineStarts(text);
  const lineAt = (offset: number) => findLine(starts, offset);
  const columnAt = (offset: number) => offset - (starts[lineAt(offset)] ?? 0);
  const document = parseOne(text, lineAt);
  const root = document.contents;
  if (!isMap(root)) throw new ComposeFault('it is no compose file: it is no mapping', 1);
  try {
    const reader = new NodeReader(document);
    const fields = reader.readFields(root);
    const services = readServices(root, reader, lineAt);
    return { name, text, document, root, fields, services, lineAt, columnAt };
  } catch (error) {
    if (error instanceof ReadFault) throw new ComposeFault(error.message, lineAt(error.offset) + 1);
    throw error;
  }
}

function parseOne(text: string, lineAt: (offset: number) => number): Document {
  // Failsafe: every scalar is its text. Compose decides what is a number.
  const documents = parseAllDocuments(text, { schema: 'failsafe', prettyErrors: false, logLevel: 'silent' });
  const all = Array.isArray(documents) ? documents : [];
  const fault = all.flatMap(({ errors }) => errors)[0];
  if (fault !== undefined)
    throw new ComposeFault(`it is not YAML: ${fault.message.split('\n')[0]}`, lineAt(fault.pos[0]) + 1);
  const [first, second] = all;
  if (first === undefined || first.contents === null) throw new ComposeFault('it is empty', 1);
  if (second !== undefined)
    throw new ComposeFault('it holds several YAML documents', lineAt(second.range?.[0] ?? 0) + 1);
  return first as Document;
}

function readServices(
  root: YAMLMap,
  reader: NodeReader,
  lineAt: (offset: number) => number,
): Map<string, ServiceText> {
  const pair = root.items.find((item) => keyOf(item as Pair) === 'services') as Pair | undefined;
  if (pair === undefined) {
    const looksOld = root.items.some(
      ({ value }) => isMap(value) && (value.has('image') || value.has('build')),
    );
    // An include alone is a compose file too.
    if (!looksOld) return new Map();
    throw new ComposeFault('it is of the first version of the format: `services:` is missing', 1);
  }
  const map = pair.value;
  if (!isMap(map)) throw new ComposeFault('`services` is no mapping', lineAt(startOf(pair)) + 1);
  const isBlock = !root.flow && !map.flow;
  return new Map(
    map.items.map((item) => {
      const name = keyOf(item as Pair);
      const { value } = item;
      const resolved = isAlias(value) ? value.resolve(reader.document) : value;
      if (
        resolved !== null &&
        !isMap(resolved) &&
        !(isScalar(resolved) && String(resolved.value ?? '') === '')
      )
        throw new ComposeFault(`service ${name} is no mapping`, lineAt(startOf(item as Pair)) + 1);
      const fields = isMap(resolved) ? reader.readFields(resolved) : {};
      const merges = isMap(resolved) ? resolved.items.filter((each) => keyOf(each as Pair) === '<<') : [];
      const merged = Object.assign({}, ...merges.map((each) => reader.readMerged(each.value))) as Fields;
      const pairs = isBlock && isMap(value) && !value.flow && value.items.length > 0 ? pairsOf(value) : null;
      return [name, { name, pair: item as Pair, fields, merged, pairs }];
    }),
  );
}

const pairsOf = (map: YAMLMap) => new Map(map.items.map((item) => [keyOf(item as Pair), item as Pair]));

export const startOf = ({ key }: Pair): number => (key as Node).range?.[0] ?? 0;

/** Lines that a pair takes, of a mapping in block style: the first, and the one behind the last. */
export function linesOf({ text, lineAt }: ComposeText, pair: Pair): { first: number; end: number } {
  let end = endOf(pair);
  while (end > 0 && /\s/.test(text[end - 1] ?? '')) end -= 1;
  return { first: lineAt(startOf(pair)), end: lineAt(Math.max(startOf(pair), end - 1)) + 1 };
}

function endOf({ key, value }: Pair): number {
  const keyEnd = (key as Node).range?.[1] ?? 0;
  return value === null || value === undefined ? keyEnd : Math.max(keyEnd, endOfNode(value as Node));
}

/** A collection in block style is said to reach to the next thing: comments behind it would be its own. */
function endOfNode(node: Node): number {
  if (isCollection(node) && !node.flow && node.items.length > 0) {
    const last = node.items.at(-1);
    if (isMap(node)) return endOf(last as Pair);
    return last === null ? (node.range?.[1] ?? 0) : endOfNode(last as Node);
  }
  return node.range?.[1] ?? 0;
}

/** Where a field of a service is written, from 1; else the service itself. */
export function lineOfField(file: ComposeText, service: string, field = ''): number {
  const found = file.services.get(service);
  if (found === undefined) return 1;
  return file.lineAt(startOf(found.pairs?.get(field) ?? found.pair)) + 1;
}

/** Where a field of the file itself is written, from 1. */
export function lineOfTop(file: ComposeText, field: string): number {
  const found = file.root.items.find((item) => keyOf(item as Pair) === field) as Pair | undefined;
  return found === undefined ? 1 : file.lineAt(startOf(found)) + 1;
}

export interface Anchor {
  readonly name: string;
  readonly line: number;
  readonly value: Value;
  /** Lines of the aliases that mean it. */
  readonly aliases: readonly number[];
}

export function anchorsOf({ document, lineAt, text }: ComposeText): Anchor[] {
  const aliases = new Map<Node, number[]>();
  const anchored: Node[] = [];
  visit(document, (_, node) => {
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target !== undefined)
        aliases.set(target, [...(aliases.get(target) ?? []), lineAt(node.range?.[0] ?? 0)]);
    } else if ((isCollection(node) || isScalar(node)) && node.anchor !== undefined)
      anchored.push(node as Node);
  });
  const reader = new NodeReader(document);
  return anchored.map((node) => ({
    name: (node as { anchor?: string }).anchor ?? '',
    // A node's range begins behind its anchor, which may stand on a line before.
    line: lineAt(
      Math.max(0, text.lastIndexOf(`&${(node as { anchor?: string }).anchor}`, node.range?.[0] ?? 0)),
    ),
    value: reader.read(node),
    aliases: aliases.get(node) ?? [],
  }));
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function findLine(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
