/**
 * What a file of variables or of labels says (`.env`, `env_file`, `label_file`): `NAME=value` or `NAME: value`, a line
 * each; quotes may hold several lines. Compose's own rules for the text of a value; what is no such line is passed over.
 */

export interface EnvValue {
  readonly text: string;
  /** Variables in it count: it does not stand in single quotes. */
  readonly isOpen: boolean;
}

const LINE = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][\w.[\]-]*)[^\S\n]*[=:][^\S\n]*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

export function parseEnvText(text: string): Map<string, EnvValue> {
  const values = new Map<string, EnvValue>();
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  for (let at = 0; at < source.length; ) {
    LINE.lastIndex = at;
    const [head, name = ''] = LINE.exec(source) ?? [];
    const start = at + (head?.length ?? 0);
    const { value, end } = readValue(source, start);
    if (head !== undefined) values.set(name, value);
    at = endOfLine(source, head === undefined ? at : end) + 1;
  }
  return values;
}

function readValue(source: string, start: number): { value: EnvValue; end: number } {
  const quote = source[start] ?? '';
  const end = quote === '"' || quote === "'" ? closingQuote(source, start, quote) : -1;
  if (end < 0) {
    const line = source.slice(start, endOfLine(source, start));
    const text = line.startsWith('#') ? '' : line.replace(/\s#.*$/, '').trim();
    return { value: { text, isOpen: true }, end: start };
  }
  const inner = source.slice(start + 1, end);
  if (quote === "'") return { value: { text: inner, isOpen: false }, end };
  const text = inner.replace(/\\(.)/g, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
  return { value: { text, isOpen: true }, end };
}

function closingQuote(source: string, start: number, quote: string): number {
  for (let at = start + 1; at < source.length; at++) {
    if (source[at] === '\\' && quote === '"') at += 1;
    else if (source[at] === quote) return at;
  }
  return -1;
}

function endOfLine(source: string, from: number): number {
  const end = source.indexOf('\n', from);
  return end < 0 ? source.length : end;
}
