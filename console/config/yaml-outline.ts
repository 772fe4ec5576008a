// The keys, list items and values of a YAML text by their indentation, line by line. A text that somebody types is
// broken most of the time: an outline tells where one is even then, which a parser cannot.

export interface OutlineNode {
  readonly kind: 'item' | 'key' | 'scalar';
  /** Which of the texts between `---` it belongs to. */
  readonly document: number;
  readonly indent: number;
  readonly from: number;
  /** The key without its quotes; '' for others. */
  readonly key: string;
  readonly keyTo: number;
  /** Where its value begins, and where it ends (of `{…}` and `[…]` on a later line, maybe). */
  readonly valueFrom: number;
  readonly valueTo: number;
  /** The value on its line, without a comment; '' = it stands below. */
  readonly value: string;
}

const KEY = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s'"[\]{},#&*!|>%@`][^\n]*?)\s*:(?=\s|$)/;

export function outlineYaml(text: string): OutlineNode[] {
  const scanner = new Scanner();
  let from = 0;
  for (const line of text.split('\n')) {
    scanner.scan(line.replace(/\r$/, ''), from);
    from += line.length + 1;
  }
  return scanner.nodes;
}

class Scanner {
  readonly nodes: OutlineNode[] = [];
  #document = 0;
  /** Lines that are indented further are the text of a `|` or `>`. */
  #blockIndent: number | null = null;
  #openBrackets = 0;

  scan(line: string, from: number): void {
    if (this.#openBrackets > 0) this.#continueFlow(line, from);
    else if (!this.#isInBlock(line)) this.#scanContent(line, from);
  }

  #isInBlock(line: string): boolean {
    if (this.#blockIndent === null) return false;
    if (line.trim() === '' || indentOf(line) > this.#blockIndent) return true;
    this.#blockIndent = null;
    return false;
  }

  #scanContent(line: string, from: number): void {
    if (/^(---|\.\.\.)(\s|$)/.test(line)) {
      this.#document++;
      return;
    }
    const content = line.slice(0, commentStart(line)).trimEnd();
    let column = indentOf(content);
    for (;;) {
      const dash = /^-(\s+|$)/.exec(content.slice(column));
      if (dash === null) break;
      this.#add({ kind: 'item', indent: column, from: from + column });
      column += dash[0].length;
    }
    if (column < content.length) this.#scanEntry(content, column, from);
  }

  #scanEntry(content: string, column: number, from: number): void {
    const rest = content.slice(column);
    const match = KEY.exec(rest);
    const quotedOrPlain = match?.[1];
    const start =
      match === null ? 0 : match[0].length + (/^\s*/.exec(rest.slice(match[0].length))?.[0].length ?? 0);
    const value = rest.slice(start);
    const valueFrom = from + column + start;
    const place = { indent: column, from: from + column, valueFrom, valueTo: from + content.length, value };
    if (quotedOrPlain === undefined) this.#add({ kind: 'scalar', ...place });
    else
      this.#add({
        kind: 'key',
        ...place,
        key: unquote(quotedOrPlain),
        keyTo: from + column + quotedOrPlain.length,
      });
    if (/^[|>][+-]?\d?[+-]?$/.test(value)) this.#blockIndent = this.nodes.at(-1)?.indent ?? 0;
    if (/^[{[]/.test(value)) this.#openBrackets = Math.max(0, openBrackets(value));
  }

  #continueFlow(line: string, from: number): void {
    const content = line.slice(0, commentStart(line));
    const last = this.nodes.pop();
    if (last !== undefined) this.nodes.push({ ...last, valueTo: from + content.trimEnd().length });
    this.#openBrackets = Math.max(0, this.#openBrackets + openBrackets(content));
  }

  #add(node: Partial<OutlineNode> & Pick<OutlineNode, 'kind' | 'indent' | 'from'>): void {
    const { from } = node;
    const nothing = { key: '', keyTo: from, valueFrom: from, valueTo: from, value: '' };
    this.nodes.push({ document: this.#document, ...nothing, ...node });
  }
}

export const indentOf = (line: string) => /^ */.exec(line)?.[0].length ?? 0;

/** Where a comment begins; the line's length if it has none. */
export function commentStart(line: string): number {
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (quote !== '') {
      const isEscape = quote === '"' ? char === '\\' : char === "'" && line[at + 1] === "'";
      if (isEscape) at++;
      else if (char === quote) quote = '';
    } else if ((char === '"' || char === "'") && /(^|[\s:[{,-])$/.test(line.slice(0, at))) quote = char;
    else if (char === '#' && (at === 0 || /\s/.test(line[at - 1] ?? ''))) return at;
  }
  return line.length;
}

function openBrackets(text: string): number {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, '');
  return (bare.match(/[{[]/g)?.length ?? 0) - (bare.match(/[}\]]/g)?.length ?? 0);
}

export function unquote(text: string): string {
  if (/^".*"$/s.test(text)) return text.slice(1, -1).replace(/\\(.)/g, '$1');
  if (/^'.*'$/s.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  return text;
}
