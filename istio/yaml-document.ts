import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  Scalar,
} from 'yaml';
import type { FieldPath } from './field-path.ts';
import { formatFieldPath } from './field-path.ts';

/** YAML (and so JSON) with the place of every field, read as Kubernetes' tools read it. */
export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of its first key. */
  readonly line: number;
  /** Field path (`spec.http[0]`) → place of its key. */
  readonly places: ReadonlyMap<string, Place>;
  readonly faults: readonly YamlFault[];
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFault extends Place {
  readonly message: string;
  readonly remedy: string;
}

/**
 * YAML 1.1 booleans, which Kubernetes' parser still knows: an unquoted `on` or `n` as a name is a boolean there, so
 * it must not be text here (ISTIO.md, correction 11).
 */
const OLD_BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/** Documents in order; empty ones and such of comments only are left out. */
export function readYaml(text: string): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    merge: true,
    uniqueKeys: true,
    keepSourceTokens: false,
    prettyErrors: false,
    strict: true,
  });
  if (!Array.isArray(documents)) return [];
  return documents
    .filter((document) => document.contents !== null || document.errors.length > 0)
    .map((document) => readDocument(document, lines))
    .filter((document) => document.value !== null || document.faults.length > 0);
}

function readDocument(document: Document.Parsed, lines: LineCounter): YamlDocument {
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const faults = document.errors.map((error) => ({
    ...placeAt(error.pos[0]),
    message: error.message,
    remedy: remedyFor(error.code),
  }));
  const places = new Map<string, Place>();
  let value: unknown = null;
  if (faults.length === 0) {
    collectPlaces(document.contents, [], places, placeAt);
    value = document.toJS({ maxAliasCount: 100 }) as unknown;
  }
  const first = document.contents?.range?.[0];
  return { value, line: first === undefined ? 1 : placeAt(first).line, places, faults };
}

function remedyFor(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'Indent with spaces: YAML knows no tabs.';
    case 'DUPLICATE_KEY':
      return 'Remove one of the two.';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'Check the indentation here and on the line before.';
    default:
      return '';
  }
}

/** Walks the tree once: notes places, and turns old booleans into booleans. */
function collectPlaces(
  node: Node | null,
  path: FieldPath,
  places: Map<string, Place>,
  placeAt: (offset: number) => Place,
): void {
  if (node === null || isAlias(node)) return;
  if (path.length > 0 && node.range && !places.has(formatFieldPath(path))) {
    places.set(formatFieldPath(path), placeAt(node.range[0]));
  }
  if (isSeq(node)) {
    node.items.forEach((item, index) => {
      collectPlaces(item as Node | null, [...path, index], places, placeAt);
    });
  } else if (isMap(node)) {
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const inner = [...path, String(pair.key.value)];
      if (pair.key.range) places.set(formatFieldPath(inner), placeAt(pair.key.range[0]));
      collectPlaces(pair.value as Node | null, inner, places, placeAt);
    }
  } else if (isScalar(node) && node.type === Scalar.PLAIN && typeof node.value === 'string') {
    const meaning = OLD_BOOLEANS.get(node.value);
    if (meaning !== undefined) node.value = meaning;
  }
}
