import { isAlias, isMap, isPair, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import { type FieldPath, formatFieldPath } from './field-path.ts';

/** 1-based. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface YamlFault extends Place {
  readonly message: string;
  readonly remedy: string;
}

export interface YamlSurvey {
  /** Field path → place of its key (of its dash, in a list). */
  readonly places: Map<string, Place>;
  readonly faults: readonly YamlFault[];
}

/**
 * YAML 1.1 booleans, which Kubernetes' parser still knows: an unquoted `on` or `n` as a name is a boolean there, so
 * it must not be text here (ISTIO.md, correction 11).
 */
const OLD_BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);

/**
 * Walks a parsed document once: notes where each field stands, turns old booleans into booleans, and finds what a
 * lenient parser would let pass: keys that are there twice, and keys that are no names.
 */
export function surveyYaml(contents: Node | null, placeAt: (offset: number) => Place): YamlSurvey {
  const survey = new Survey(placeAt);
  survey.visit(contents, []);
  return survey;
}

class Survey implements YamlSurvey {
  readonly places = new Map<string, Place>();
  readonly faults: YamlFault[] = [];
  readonly #placeAt: (offset: number) => Place;

  constructor(placeAt: (offset: number) => Place) {
    this.#placeAt = placeAt;
  }

  visit(node: Node | null, path: FieldPath): void {
    if (node === null || isAlias(node)) return;
    this.#note(path, node);
    if (isSeq(node)) {
      node.items.forEach((item, index) => {
        this.visit(item as Node | null, [...path, index]);
      });
    } else if (isMap(node)) {
      const seen = new Map<string, Place>();
      for (const pair of node.items) if (isPair(pair)) this.#visitPair(pair, path, seen);
    } else if (isScalar(node)) readOldBoolean(node);
  }

  #visitPair(pair: Pair, path: FieldPath, seen: Map<string, Place>): void {
    const key = pair.key as Node | null;
    const place = this.#placeAt(key?.range?.[0] ?? 0);
    if (!isScalar(key)) {
      if (!isAlias(key)) this.#fault(place, 'a field name must be text', 'Put it in quotes.');
      return;
    }
    const name = String(key.value);
    if (key.type === Scalar.PLAIN && OLD_BOOLEANS.has(name))
      this.#fault(place, `the name ${name} is a boolean in YAML`, `Put it in quotes: "${name}".`);
    const first = seen.get(name);
    if (first === undefined) seen.set(name, place);
    else if (name !== '<<') {
      const message = `${formatFieldPath([...path, name])} is there twice: in line ${first.line} and in line ${place.line}`;
      this.#fault(place, message, 'Remove one of them.');
    }
    const inner = [...path, name];
    if (first === undefined) this.places.set(formatFieldPath(inner), place);
    this.visit(pair.value as Node | null, inner);
  }

  #note(path: FieldPath, node: Node): void {
    if (path.length === 0 || !node.range) return;
    const text = formatFieldPath(path);
    if (!this.places.has(text)) this.places.set(text, this.#placeAt(node.range[0]));
  }

  #fault(place: Place, message: string, remedy: string): void {
    this.faults.push({ ...place, message, remedy });
  }
}

function readOldBoolean(node: Scalar): void {
  if (node.type !== Scalar.PLAIN || typeof node.value !== 'string') return;
  const meaning = OLD_BOOLEANS.get(node.value);
  if (meaning !== undefined) node.value = meaning;
}
