import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';

/**
 * What a compose file says, without a loss: a plain scalar keeps its text (`0400` is octal to one reader and decimal to
 * another, and it is Compose's to say), aliases and merge keys are followed.
 */
export type Value = string | Plain | Tagged | readonly Value[] | Fields;
export type Fields = { readonly [name: string]: Value };

/** A scalar that was not quoted: a number, a flag, nothing at all, or a word. */
export class Plain {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/** `!reset`, `!override`: how Compose is to merge. */
export class Tagged {
  readonly tag: string;
  readonly value: Value;
  constructor(tag: string, value: Value) {
    this.tag = tag;
    this.value = value;
  }
}

/** Words that no reader of YAML takes for anything but a string. */
const PLAIN_WORD = /^(?:[A-Za-z/$][\w./${}()-]*|[A-Za-z$][\w./${}:()-]*[\w/}])$/;
const DURATION = /^\d+(?:ms|s|m|h)$/;
const NOT_A_WORD = /^(?:true|false|yes|no|on|off|y|n|null|nan)$|: |:$/i;

/** It means the same with quotes and without. */
export const isWord = (text: string): boolean =>
  (PLAIN_WORD.test(text) && !NOT_A_WORD.test(text)) || DURATION.test(text);

export const NOTHING = new Plain('');

const STRING_TAG = 'tag:yaml.org,2002:str';

/** Aliases within aliases can make a small file huge. */
const MOST_NODES = 100_000;
/** What an anchor holds may be an alias of it. */
const MOST_NESTED = 100;

/** A fault of the file; `offset` is where. */
export class ReadFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Reads nodes of one document. */
export class NodeReader {
  readonly document: Document;
  /** The library looks through the whole document for each. */
  readonly #targets = new Map<Node, Node | undefined>();
  #left = MOST_NODES;
  #nested = 0;

  constructor(document: Document) {
    this.document = document;
  }

  read(node: unknown): Value {
    this.#left -= 1;
    if (this.#left < 0) throw new ReadFault('it refers to itself again and again', 0);
    if (node === null || node === undefined) return NOTHING;
    if (isAlias(node)) return this.read(this.#resolve(node));
    const value = this.#readBare(node as Node);
    const { tag } = node as Node;
    return tag?.startsWith('!') && !tag.startsWith('!!') ? new Tagged(tag, value) : value;
  }

  #deeper<T>(read: () => T): T {
    this.#nested += 1;
    if (this.#nested > MOST_NESTED) throw new ReadFault('it is nested too deep, or refers to itself', 0);
    const value = read();
    this.#nested -= 1;
    return value;
  }

  /** Of a service or another mapping, by name; what merge keys bring stands behind its own. */
  readFields(map: YAMLMap): Fields {
    return this.#deeper(() => this.#readFields(map));
  }

  #readFields(map: YAMLMap): Fields {
    const fields: Record<string, Value> = {};
    const merged: unknown[] = [];
    for (const pair of map.items) {
      const name = keyOf(pair);
      if (name === '<<') merged.push(pair.value);
      else fields[name] = this.read(pair.value);
    }
    for (const source of merged)
      for (const [name, value] of Object.entries(this.readMerged(source))) fields[name] ??= value;
    return fields;
  }

  /** What `<<` brings: a mapping, or several of which the first wins. */
  readMerged(source: unknown): Fields {
    const node = isAlias(source) ? this.#resolve(source) : source;
    if (isMap(node)) return this.readFields(node);
    if (!isSeq(node)) throw new ReadFault('a merge key takes a mapping', startOf(source));
    const all = this.#deeper(() => node.items.map((item) => this.readMerged(item)));
    return Object.assign({}, ...all.toReversed()) as Fields;
  }

  #resolve(alias: Node): Node {
    const known = this.#targets.get(alias);
    const target = known ?? (isAlias(alias) ? alias.resolve(this.document) : undefined);
    this.#targets.set(alias, target);
    if (target === undefined) throw new ReadFault('an alias names no anchor', startOf(alias));
    return target;
  }

  #readBare(node: Node): Value {
    if (isMap(node)) return this.readFields(node);
    if (isSeq(node)) return this.#deeper(() => node.items.map((item) => this.read(item)));
    if (!isScalar(node)) throw new ReadFault('it is neither mapping, list nor scalar', startOf(node));
    const text = String(node.value ?? '');
    if (node.tag === STRING_TAG) return text;
    return node.type === 'PLAIN' ? new Plain(node.source ?? text) : text;
  }
}

export function keyOf({ key }: Pair): string {
  if (isScalar(key)) return String(key.value ?? '');
  throw new ReadFault('a key is no scalar', startOf(key));
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

export const isFields = (value: Value | undefined): value is Fields =>
  typeof value === 'object' &&
  !Array.isArray(value) &&
  !(value instanceof Plain) &&
  !(value instanceof Tagged);

export const isList = (value: Value | undefined): value is readonly Value[] => Array.isArray(value);

export const bare = (value: Value | undefined): Value | undefined =>
  value instanceof Tagged ? bare(value.value) : value;

export function fieldsOf(value: Value | undefined): Fields {
  const inner = bare(value);
  return isFields(inner) ? inner : {};
}

/** The text of a scalar, as it is written; '' for anything else. */
export function textOf(value: Value | undefined): string {
  const inner = bare(value);
  if (inner instanceof Plain) return isNull(inner) ? '' : inner.source;
  return typeof inner === 'string' ? inner : '';
}

export const isNull = (value: Value): boolean =>
  value instanceof Plain && ['', '~', 'null', 'Null', 'NULL'].includes(value.source);

/** What counts as not written: nothing, "", [] and {}. */
export function isEmpty(value: Value | undefined): boolean {
  const inner = bare(value);
  if (inner === undefined || inner === '' || (inner instanceof Plain && isNull(inner))) return true;
  if (isList(inner)) return inner.length === 0;
  return isFields(inner) && Object.keys(inner).length === 0;
}

/** What says the same as if nothing was written, of the kind that it replaces. */
export function emptyOf(value: Value): Value {
  const inner = bare(value);
  if (isList(inner)) return [];
  return isFields(inner) ? {} : '';
}

/** A mapping, or Compose's list form of one: `["a=b", "c"]`. */
export function mappingOf(value: Value | undefined, separator: RegExp = /=/): Fields {
  const inner = bare(value);
  if (!isList(inner)) return fieldsOf(inner);
  return Object.fromEntries(
    inner.map((item) => {
      const text = textOf(item);
      const at = text.search(separator);
      return at < 0 ? [text, NOTHING] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** A list, or one scalar that stands for a list of one. */
export function listOf(value: Value | undefined): readonly Value[] {
  const inner = bare(value);
  if (isList(inner)) return inner;
  return inner === undefined || isEmpty(inner) || isFields(inner) ? [] : [inner];
}

/** Whether both say the same, however it is written. */
export function isSame(first: Value | undefined, second: Value | undefined): boolean {
  return canonical(first) === canonical(second);
}

/** Without quotes some reader of YAML takes it for a number, a flag or a date. */
const looksTyped = (source: string) =>
  !isWord(source) && /^[-+.\d]|^(?:true|false|yes|no|on|off|y|n|nan)$/i.test(source);

function canonical(value: Value | undefined): string {
  if (value === undefined) return '';
  if (value instanceof Tagged) return `${value.tag} ${canonical(value.value)}`;
  if (value instanceof Plain) {
    if (isNull(value)) return 'null';
    return looksTyped(value.source) ? `plain ${value.source}` : canonical(value.source);
  }
  if (typeof value === 'string') return `text ${JSON.stringify(value)}`;
  if (isList(value)) return `[${value.map(canonical).join()}]`;
  const entries = Object.entries(value as Fields).map(
    ([name, inner]) => `${JSON.stringify(name)}:${canonical(inner)}`,
  );
  return `{${entries.sort().join()}}`;
}
