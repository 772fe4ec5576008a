/**
 * How `lateen inject` changes a text so that it can be undone to the byte: only whole lines, those that are put in
 * stand between two marks, and those that are taken out stay as comments. Whatever else is edited by hand in between
 * is kept by both `inject` and `uninject`.
 */

const BEGIN = '# >>> lateen inject';
const END = '# <<< lateen inject';
const TAKEN_OUT = '#lateen- ';
/** Before the text of each of several files; what follows is the file's name. */
const NEXT_FILE = '# === lateen inject: ';
const BOM = '\uFEFF';

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** An edit of whole lines: some are taken out, and others put in before them. */
export interface LineEdit {
  /** Index of the first line that is taken out, or before which is put in. */
  readonly at: number;
  readonly takeOut: number;
  readonly putIn: readonly string[];
}

export function applyEdits(text: string, edits: readonly LineEdit[]): string {
  const bom = text.startsWith(BOM) ? BOM : '';
  const lines = text.slice(bom.length).split('\n');
  const ending = lines[0]?.endsWith('\r') ? '\r' : '';
  const places = new Map<number, { takeOut: number; putIn: string[] }>();
  for (const { at, takeOut, putIn } of edits) {
    const known = places.get(at) ?? { takeOut: 0, putIn: [] };
    places.set(at, { takeOut: Math.max(known.takeOut, takeOut), putIn: [...known.putIn, ...putIn] });
  }
  // From the end, so that places stay true.
  for (const [at, { takeOut, putIn }] of [...places].sort(([a], [b]) => b - a)) {
    const taken = lines.slice(at, at + takeOut).map((line) => TAKEN_OUT + line);
    const put = putIn.length === 0 ? [] : [BEGIN, ...putIn, END].map((line) => line + ending);
    lines.splice(at, takeOut, ...put, ...taken);
  }
  return bom + lines.join('\n');
}

/** With a YAML document behind it, which Compose takes as it takes a file that is given after the first. */
export function withDocument(text: string, lines: readonly string[]): string {
  if (lines.length === 0) return text;
  const count = text.split('\n').length;
  return applyEdits(text, [{ at: text.endsWith('\n') ? count - 1 : count, takeOut: 0, putIn: lines }]);
}

/** Several texts as one of several YAML documents, which Compose merges as it merges several files. */
export function joinTexts(texts: readonly NamedText[]): string {
  const [first] = texts;
  if (texts.length < 2) return first?.text ?? '';
  const bom = first?.text.startsWith(BOM) ? BOM : '';
  const named = texts.map(
    ({ name, text }, at) => `${NEXT_FILE}${name}\n${at === 0 ? text.slice(bom.length) : text}`,
  );
  return bom + named.join('\n');
}

export const isInjected = (text: string): boolean =>
  text.split('\n').some((line) => isMark(line, BEGIN) || line.startsWith(TAKEN_OUT));

/**
 * The texts that were there before; one that was never injected is given back as it is.
 * @returns null where a mark is missing
 */
export function takeBack({ name, text }: NamedText): NamedText[] | null {
  const bom = text.startsWith(BOM) ? BOM : '';
  const files: { name: string; lines: string[] }[] = [{ name, lines: [] }];
  let isInside = false;
  let isFirstLine = true;
  for (const line of text.slice(bom.length).split('\n')) {
    if (isMark(line, BEGIN) || isMark(line, END)) {
      if (isMark(line, BEGIN) === isInside) return null;
      isInside = !isInside;
    } else if (!isInside && line.startsWith(NEXT_FILE)) {
      const next = { name: line.slice(NEXT_FILE.length).trimEnd(), lines: [] };
      if (isFirstLine) files[0] = next;
      else files.push(next);
    } else if (!isInside) {
      files.at(-1)?.lines.push(line.startsWith(TAKEN_OUT) ? line.slice(TAKEN_OUT.length) : line);
    }
    isFirstLine = false;
  }
  if (isInside) return null;
  return files.map((file, at) => ({ name: file.name, text: (at === 0 ? bom : '') + file.lines.join('\n') }));
}

const isMark = (line: string, mark: string) => line.trimEnd() === mark;
