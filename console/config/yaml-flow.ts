import { unquote } from './yaml-outline.ts';

/** Where one is inside `{ exact: jason, … }`: what stands around the place, from outside in. */
export interface FlowPlace {
  /** Keys, and `[]` for an item of a list. */
  readonly path: readonly string[];
  readonly isValue: boolean;
  /** Start of the word before the place. */
  readonly from: number;
  /** Fields of the innermost mapping; '' where the value is no plain word. */
  readonly fields: Readonly<Record<string, string>>;
}

interface Frame {
  readonly isList: boolean;
  readonly fields: Record<string, string>;
  /** The key whose value is read, null before it. */
  key: string | null;
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?|[{}[\],]|:(?=\s|$)|[^\s{}[\],:]+(?::(?!\s|$)[^\s{}[\],:]*)*|\s+/g;

/** `text` begins with the bracket; `offset` counts from there. null = the place is behind the last bracket. */
export function placeInFlow(text: string, offset: number): FlowPlace | null {
  const frames: Frame[] = [];
  let word = { text: '', from: offset };
  for (const match of text.slice(0, offset).matchAll(TOKEN)) {
    const token = match[0];
    if (token.trim() === '') continue;
    word = /^[{}[\],:]$/.test(token) ? { text: '', from: offset } : { text: token, from: match.index };
    step(frames, token);
  }
  const inner = frames.at(-1);
  if (inner === undefined) return null;
  const isTouching = word.from + word.text.length === offset;
  const path = frames.flatMap(({ isList, key }, index) =>
    isList ? ['[]'] : key !== null && (index < frames.length - 1 || isValueOf(inner)) ? [key] : [],
  );
  return {
    path,
    isValue: isValueOf(inner),
    from: isTouching ? word.from : offset,
    fields: { ...withoutPending(inner.fields), ...(inner.isList ? {} : fieldsBehind(text.slice(offset))) },
  };
}

const isValueOf = (frame: Frame) => frame.isList || frame.key !== null;

function step(frames: Frame[], token: string): void {
  const frame = frames.at(-1);
  if (token === '{' || token === '[') frames.push({ isList: token === '[', fields: {}, key: null });
  else if (token === '}' || token === ']') frames.pop();
  else if (frame === undefined) return;
  else if (token === ',') {
    frame.key = null;
    delete frame.fields[PENDING];
  } else if (token === ':') {
    frame.key = frame.fields[PENDING] ?? null;
    delete frame.fields[PENDING];
    if (frame.key !== null) frame.fields[frame.key] = '';
  } else if (frame.key !== null) frame.fields[frame.key] = unquote(token);
  else frame.fields[PENDING] = unquote(token);
}

/** A word that is not yet known to be a key. */
const PENDING = '\0';

/** Fields of the same mapping that stand behind the place. */
function fieldsBehind(rest: string): Record<string, string> {
  const frames: Frame[] = [{ isList: false, fields: {}, key: null }];
  const outer = frames[0];
  for (const match of rest.matchAll(TOKEN)) {
    if (match[0].trim() !== '') step(frames, match[0]);
    if (frames.length === 0) break;
  }
  return withoutPending(outer?.fields ?? {});
}

function withoutPending({ [PENDING]: _, ...fields }: Record<string, string>): Record<string, string> {
  return fields;
}
