// The text of a file as it may be shown: the values of Secrets are taken out where they stand, so that every line keeps its
// number. What cannot be read as YAML and may be a Secret is not shown at all.
import { type Document, isPair, isScalar, type Node, Parser, parseAllDocuments, visit } from 'yaml';
import { REDACTED } from '../model/secret.ts';

export interface ShownText {
  readonly text: string;
  /** Something was taken out: the text is for reading only. */
  readonly isRedacted: boolean;
}

/** Without the word, and without escapes that could write it, there is no Secret. */
const MAY_BE_SECRET = /Secret|\\/;
const HIDDEN = '# This file may hold a Secret, and cannot be read as YAML: its text is not shown.\n';
/** What a Secret is called is no secret. */
const SHOWN_KEYS: ReadonlySet<unknown> = new Set(['apiVersion', 'kind', 'name', 'namespace', 'type']);
/** Below them nothing is shown; annotations hold a copy of the whole document (`kubectl apply`). */
const HIDDEN_PARTS: ReadonlySet<unknown> = new Set(['data', 'stringData', 'annotations', 'labels']);

interface Span {
  readonly start: number;
  readonly end: number;
}

export function redactSecrets(text: string): ShownText {
  if (!MAY_BE_SECRET.test(text)) return { text, isRedacted: false };
  try {
    const documents = parseAllDocuments(text, { uniqueKeys: false, logLevel: 'error' });
    const all: readonly Document.Parsed[] = Array.isArray(documents) ? documents : [];
    if (all.some(({ errors }) => errors.length > 0)) return hidden(text);
    const spans = all.filter(holdsSecret).flatMap(valuesOf);
    if (spans.length === 0) return { text, isRedacted: false };
    return { text: cut(text, [...spans, ...commentsOf(text)]), isRedacted: true };
  } catch {
    // Nested too deep, or more aliases than anybody needs.
    return hidden(text);
  }
}

function hidden(text: string): ShownText {
  return text.includes('Secret') ? { text: HIDDEN, isRedacted: true } : { text, isRedacted: false };
}

function holdsSecret(document: Document.Parsed): boolean {
  const value = document.toJS({ maxAliasCount: 100 }) as unknown;
  const isSecret = (each: unknown): boolean => {
    const { kind, items } = (each ?? {}) as { kind?: unknown; items?: unknown };
    return kind === 'Secret' || (Array.isArray(items) && items.some(isSecret));
  };
  return isSecret(value);
}

function valuesOf(document: Document.Parsed): Span[] {
  const spans: Span[] = [];
  visit(document, (key, node, path) => {
    if (!isScalar(node) || key === 'key') return;
    const pairs = path.filter(isPair).map((pair) => (isScalar(pair.key) ? pair.key.value : undefined));
    const isShown = SHOWN_KEYS.has(pairs.at(-1)) && !pairs.some((name) => HIDDEN_PARTS.has(name));
    const { range } = node as Node;
    if (!isShown && range != null && range[1] > range[0]) spans.push({ start: range[0], end: range[1] });
  });
  return spans;
}

function commentsOf(text: string): Span[] {
  const spans: Span[] = [];
  const walk = (token: unknown): void => {
    if (typeof token !== 'object' || token === null) return;
    const { type, offset, source } = token as { type?: unknown; offset?: unknown; source?: unknown };
    if (type === 'comment' && typeof offset === 'number' && typeof source === 'string')
      spans.push({ start: offset + 1, end: offset + source.length });
    else for (const part of Object.values(token)) walk(part);
  };
  for (const token of new Parser().parse(text)) walk(token);
  return spans;
}

function cut(text: string, spans: readonly Span[]): string {
  let shown = '';
  let at = 0;
  for (const { start, end } of spans.toSorted((a, b) => a.start - b.start)) {
    if (start < at) continue;
    const lines = text.slice(start, end).split('\n').length - 1;
    shown += `${text.slice(at, start)}${REDACTED}${'\n'.repeat(lines)}`;
    at = end;
  }
  return shown + text.slice(at);
}
