import { type Fields, isFields, isList, isNull, isWord, Plain, Tagged, type Value } from './value.ts';

/** A collection of scalars that is shorter stands on one line. */
const SHORT = 100;

/** `name: value` as lines of YAML in block style, each indented by so many columns. */
export function printPair(name: string, value: Value, indent: number): string[] {
  const head = `${' '.repeat(indent)}${printKey(name)}:`;
  const tag = value instanceof Tagged ? ` ${value.tag}` : '';
  const inner = value instanceof Tagged ? value.value : value;
  const line = printInline(inner);
  if (line !== null && indent + line.length < SHORT) return [`${head}${tag}${line === '' ? '' : ` ${line}`}`];
  return [`${head}${tag}`, ...printBlock(inner, indent + 2)];
}

export function printFields(fields: Fields, indent: number): string[] {
  return Object.entries(fields).flatMap(([name, value]) => printPair(name, value, indent));
}

/** What `printPair` writes below its head. */
export function printBlock(value: Value, indent: number): string[] {
  if (isFields(value) && Object.keys(value).length > 0) return printFields(value, indent);
  if (isList(value) && value.length > 0) return value.flatMap((item) => printItem(item, indent));
  return [`${' '.repeat(indent)}${printInline(value, Number.POSITIVE_INFINITY) ?? ''}`];
}

function printItem(item: Value, indent: number): string[] {
  const line = printInline(item);
  const dash = `${' '.repeat(indent)}-`;
  if (line !== null) return [`${dash} ${line}`];
  const [first = '', ...rest] = printBlock(item, indent + 2);
  return [`${dash} ${first.trimStart()}`, ...rest];
}

/** null = it needs lines of its own. */
function printInline(value: Value, most = SHORT): string | null {
  if (value instanceof Tagged) {
    const inner = printInline(value.value, most);
    return inner === null ? null : `${value.tag} ${inner}`.trimEnd();
  }
  if (value instanceof Plain || typeof value === 'string') return printScalar(value);
  const entries = isList(value)
    ? value.map((item) => printNested(item))
    : Object.entries(value as Fields).map(([name, inner]) => withValue(printKey(name), printNested(inner)));
  if (entries.length === 0) return isList(value) ? '[]' : '{}';
  if (entries.some((entry) => entry === null)) return null;
  const text = isList(value) ? `[${entries.join(', ')}]` : `{ ${entries.join(', ')} }`;
  return text.length > most ? null : text;
}

const withValue = (key: string, value: string | null) => (value === null ? null : `${key}: ${value}`);

/** Within brackets nothing may be left out, and a plain word must not hold what they are made of. */
function printNested(value: Value): string | null {
  if (value instanceof Plain) {
    if (isNull(value)) return 'null';
    return /[[\]{},\n]/.test(value.source) ? JSON.stringify(value.source) : printScalar(value);
  }
  if (typeof value === 'string') return /[{}]/.test(value) ? JSON.stringify(value) : printScalar(value);
  return printInline(value);
}

function printScalar(value: Plain | string): string {
  if (value instanceof Plain)
    return /\n/.test(value.source) ? JSON.stringify(unfold(value.source)) : value.source;
  return isWord(value) ? value : JSON.stringify(value);
}

/** A plain scalar over several lines is one line to its reader. */
const unfold = (source: string) => source.replace(/[ \t]*\r?\n[ \t]*/g, ' ');

const printKey = (name: string) =>
  /^[A-Za-z][\w./-]*$/.test(name) && isWord(name) ? name : JSON.stringify(name);
