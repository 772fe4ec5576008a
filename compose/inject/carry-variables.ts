/**
 * Text of an included file, to be written into the file that includes it. Variables of the included file's own `.env`
 * (or `env_file`) count there as defaults: what the outside sets wins. So `${PORT}` becomes `${PORT-8080}`, which says
 * the same where the `.env` is not read. Never decides what the outside sets: that is known only at `up`.
 */
import { Plain, Tagged, type Value } from './value.ts';

export type Variables = Readonly<Record<string, string>>;

const NAME = /[A-Za-z_]\w*/y;
const OPERATOR = /:?[-+?]/y;

export function carryVariables(text: string, variables: Variables): string {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return result + text.slice(at);
    result += text.slice(at, dollar);
    const end = endOfReference(text, dollar);
    result += carried(text.slice(dollar, end), variables);
    at = end;
  }
  return result;
}

/** Of every depth; names of fields hold no variables. */
export function carryAll(value: Value, variables: Variables): Value {
  if (value instanceof Tagged) return new Tagged(value.tag, carryAll(value.value, variables));
  if (value instanceof Plain) {
    const text = carryVariables(value.source, variables);
    return text === value.source ? value : text;
  }
  if (typeof value === 'string') return carryVariables(value, variables);
  if (Array.isArray(value)) return value.map((item) => carryAll(item, variables));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, carryAll(inner, variables)]));
}

/** `$$`, `$NAME`, `${…}` with what stands in it, or the dollar alone. */
function endOfReference(text: string, dollar: number): number {
  if (text[dollar + 1] === '$') return dollar + 2;
  if (text[dollar + 1] !== '{') return dollar + 1 + matchAt(NAME, text, dollar + 1).length;
  let depth = 0;
  for (let at = dollar + 1; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

function carried(reference: string, variables: Variables): string {
  const isBraced = reference.startsWith('${');
  const name = matchAt(NAME, reference, isBraced ? 2 : 1);
  if (reference.startsWith('$$') || name === '') return reference;
  const operator = isBraced ? matchAt(OPERATOR, reference, 2 + name.length) : '';
  const word = carryVariables(reference.slice(2 + name.length + operator.length, -1), variables);
  const value = variables[name];
  if (value === undefined) return operator === '' ? reference : `\${${name}${operator}${word}}`;
  const own = value.replaceAll('$', '$$$$');
  // A brace would end the reference too soon.
  const known = /[{}]/.test(value) ? own : `\${${name}-${own}}`;
  if (operator === '+' || (operator === ':+' && value !== '')) return word;
  if (operator === ':+') return `\${${name}:+${word}}`;
  if (operator !== ':-') return known;
  if (value === '') return `\${${name}:-${word}}`;
  // Set to nothing by the outside it is the word; not set at all it is the file's own.
  return /[{}]/.test(value) ? own : `\${${name}:-\${${name}+${word}}\${${name}-${own}}}`;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
