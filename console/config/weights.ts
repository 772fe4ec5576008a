// Shares of traffic as sliders. Only the figures are written: every other byte of the text stays as it is.
import { type Document, isMap, isScalar, isSeq, parseAllDocuments, type Scalar, type YAMLMap } from 'yaml';

export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** One rule of a VirtualService that shares its requests out. */
export interface WeightedRoute {
  /** `VirtualService reviews`. */
  readonly resource: string;
  /** `http[0]`. */
  readonly path: string;
  /** Name of the rule, or what it matches; '' = everything. */
  readonly label: string;
  /** Where the rule begins. */
  readonly from: number;
  readonly shares: readonly Share[];
}

export interface Share {
  /** `reviews v2`. */
  readonly label: string;
  readonly weight: number;
  /** The figure in the text; null = it is not there, which means 0 (or all, for a single destination). */
  readonly figure: { readonly from: number; readonly to: number; readonly text: string } | null;
  /** Where a missing figure goes, and what stands around it. */
  readonly slot: { readonly at: number; readonly before: string; readonly after: string };
}

/** Rules with at least two destinations, in the order of the text. None where it cannot be read. */
export function findWeightedRoutes(text: string): WeightedRoute[] {
  const documents = parseAllDocuments(text, {
    keepSourceTokens: false,
    uniqueKeys: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document) => routesOf(document, text));
}

/** Edits that give a rule these weights; figures that stand already are left alone. */
export function editWeights(route: WeightedRoute, weights: readonly number[]): TextEdit[] {
  return route.shares.flatMap((share, index) => {
    const weight = weights[index];
    if (weight === undefined || (share.figure !== null && share.weight === weight)) return [];
    const { figure, slot } = share;
    if (figure !== null) return [{ from: figure.from, to: figure.to, insert: String(weight) }];
    return [{ from: slot.at, to: slot.at, insert: `${slot.before}weight: ${weight}${slot.after}` }];
  });
}

export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((now, { from, to, insert }) => now.slice(0, from) + insert + now.slice(to), text);
}

/** One share is moved; the others give or take in proportion, so that whole percents sum to 100. */
export function moveShare(weights: readonly number[], index: number, wanted: number): number[] {
  const moved = Math.min(100, Math.max(0, Math.round(wanted)));
  if (weights.length < 2) return [100];
  const others = weights.reduce((sum, weight, at) => (at === index ? sum : sum + weight), 0);
  const exact = weights.map((weight, at) => {
    if (at === index) return moved;
    return others === 0 ? (100 - moved) / (weights.length - 1) : (weight / others) * (100 - moved);
  });
  return inWholePercents(exact);
}

/** Weights as percents of their sum, as a proxy reads them. */
export function percentsOf(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum === 0) return inWholePercents(weights.map(() => 100 / Math.max(1, weights.length)));
  return inWholePercents(weights.map((weight) => (weight / sum) * 100));
}

/** Rounded down, and what is missing to 100 given to those that lost most. */
function inWholePercents(exact: readonly number[]): number[] {
  const floors = exact.map((value) => Math.floor(value + 1e-9));
  let missing = 100 - floors.reduce((sum, value) => sum + value, 0);
  const byLoss = exact
    .map((value, index) => ({ index, loss: value - (floors[index] ?? 0) }))
    .sort((a, b) => b.loss - a.loss);
  for (const { index } of byLoss) {
    if (missing <= 0) break;
    floors[index] = (floors[index] ?? 0) + 1;
    missing--;
  }
  return floors;
}

function routesOf(document: Document.Parsed, text: string): WeightedRoute[] {
  if (document.errors.length > 0 || document.get('kind') !== 'VirtualService') return [];
  const name = String(document.getIn(['metadata', 'name']) ?? '');
  return ['http', 'tls', 'tcp'].flatMap((list) => {
    const rules = document.getIn(['spec', list]);
    if (!isSeq(rules)) return [];
    return rules.items.flatMap((rule, index) => {
      if (!isMap(rule)) return [];
      const route = rule.get('route');
      if (!isSeq(route) || route.items.length < 2 || !route.items.every(isMap)) return [];
      const shares = route.items.filter(isMap).map((item) => shareOf(item, text));
      const from = rule.range?.[0] ?? 0;
      return [
        { resource: `VirtualService ${name}`, path: `${list}[${index}]`, label: labelOf(rule), from, shares },
      ];
    });
  });
}

function shareOf(item: YAMLMap, text: string): Share {
  const host = String(item.getIn(['destination', 'host']) ?? '');
  const subset = String(item.getIn(['destination', 'subset']) ?? '');
  const scalar = item.get('weight', true) as Scalar | undefined;
  const value = Number(scalar?.value ?? 0);
  return {
    label: subset === '' ? host : `${host} ${subset}`,
    weight: Number.isFinite(value) ? value : 0,
    figure: figureOf(scalar, text),
    slot: slotOf(item, text),
  };
}

function figureOf(scalar: Scalar | undefined, text: string): Share['figure'] {
  if (!isScalar(scalar) || scalar.range === undefined || scalar.range === null) return null;
  const [from, to] = scalar.range;
  return from === to ? null : { from, to, text: text.slice(from, to) };
}

/** Behind the destination: the end of its line in block style, the end of its value in braces. */
function slotOf(item: YAMLMap, text: string): Share['slot'] {
  const pair =
    item.items.find(({ key }) => isScalar(key) && key.value === 'destination') ?? item.items.at(-1);
  const key = isScalar(pair?.key) ? pair.key : null;
  const keyFrom = key?.range?.[0] ?? item.range?.[0] ?? 0;
  const value = pair?.value as { range?: [number, number, number] | null } | null | undefined;
  const valueTo = value?.range?.[1] ?? keyFrom;
  if (item.flow === true) return { at: valueTo, before: ', ', after: '' };
  const column = keyFrom - (text.lastIndexOf('\n', keyFrom - 1) + 1);
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const lastUsed = text.slice(0, valueTo).trimEnd().length;
  const lineEnd = text.indexOf('\n', lastUsed);
  const at = lineEnd < 0 ? text.length : lineEnd - (text[lineEnd - 1] === '\r' ? 1 : 0);
  return { at, before: newline + ' '.repeat(column), after: '' };
}

function labelOf(rule: YAMLMap): string {
  const name = rule.get('name');
  if (typeof name === 'string' && name !== '') return name;
  const match = rule.get('match');
  if (!isSeq(match)) return '';
  return (match.toJSON() as unknown[]).map(matchInWords).join(' or ');
}

function matchInWords(match: unknown): string {
  if (typeof match !== 'object' || match === null) return 'any';
  const words = Object.entries(match).map(([field, value]) => `${field} ${valueInWords(value)}`);
  return words.join(', ') || 'any';
}

function valueInWords(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) =>
      ['exact', 'prefix', 'regex'].includes(key) ? String(inner) : `${key} ${valueInWords(inner)}`,
    )
    .join(', ');
}
