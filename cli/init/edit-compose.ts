// What `lateen init` puts into a compose file: insertions into its text, so that comments, order and style stay as they
// are. It never takes anything away, and a second time it finds nothing to do.
import { isAlias, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { LABEL } from '../../model/labels.ts';

export interface Insertion {
  readonly offset: number;
  readonly text: string;
}

export interface ComposeEdit {
  readonly text: string;
  /** Services that could not be given their labels here, and why. */
  readonly untouched: readonly { readonly service: string; readonly why: string }[];
}

export interface Wanted {
  /** Path of compose/mesh.yml, from the compose file; null = it is included already. */
  readonly meshFile: string | null;
  /** Service → the labels that it is to have; one that it has already stays as it is. */
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export function editCompose(text: string, { meshFile, labels }: Wanted): ComposeEdit {
  const document = parseDocument(text, { merge: true, logLevel: 'silent' });
  const root = document.contents;
  if (!isMap(root)) return { text, untouched: [] };
  const insertions: Insertion[] = [];
  const untouched: { service: string; why: string }[] = [];
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const include = meshFile === null ? null : includeMesh(text, root, meshFile, eol);
  if (include !== null) insertions.push(include);
  const services = root.get('services');
  for (const pair of isMap(services) ? services.items : []) {
    const name = String(pair.key);
    const missing = missingLabels(document.toJS().services[name], labels.get(name) ?? {});
    if (Object.keys(missing.added).length === 0) continue;
    const insertion = labelService(text, pair as Pair, missing, eol);
    if (typeof insertion === 'string') untouched.push({ service: name, why: insertion });
    else insertions.push(insertion);
  }
  return { text: applyInsertions(text, insertions), untouched };
}

export function applyInsertions(text: string, insertions: readonly Insertion[]): string {
  let result = text;
  for (const { offset, text: inserted } of [...insertions].sort((a, b) => b.offset - a.offset))
    result = result.slice(0, offset) + inserted + result.slice(offset);
  return result;
}

function includeMesh(text: string, root: YAMLMap, meshFile: string, eol: string): Insertion | null {
  const entry = `{ path: ${meshFile}, project_directory: . }`;
  const pair = root.items.find(({ key }) => String(key) === 'include');
  if (pair !== undefined && JSON.stringify(pair.value).includes('compose/mesh.yml')) return null;
  if (pair !== undefined && isSeq(pair.value)) return appendItem(text, pair.value, entry, eol);
  const services = root.items.find(({ key }) => String(key) === 'services') ?? root.items[0];
  return {
    offset: startOfBlock(text, keyOffset(services)),
    text: `include:${eol}  - ${entry}${eol}${eol}`,
  };
}

/** What a service has in effect, its anchors merged, and what it lacks. */
interface Missing {
  readonly added: Readonly<Record<string, string>>;
  readonly inherited: Readonly<Record<string, unknown>>;
}

function missingLabels(service: unknown, wanted: Readonly<Record<string, string>>): Missing {
  const has = (service as { labels?: unknown } | null)?.labels ?? {};
  const inherited = Array.isArray(has)
    ? Object.fromEntries(has.map((item) => String(item).split(/=(.*)/s).slice(0, 2) as [string, string]))
    : (has as Record<string, unknown>);
  const added = Object.entries(wanted).filter(([key]) => !(key in inherited));
  return { added: Object.fromEntries(added), inherited };
}

/** Gives why not, where only a person could tell how. */
function labelService(
  text: string,
  pair: Pair,
  { added, inherited }: Missing,
  eol: string,
): Insertion | string {
  const { value } = pair;
  if (isAlias(value))
    return 'it is an alias: give it a mapping of its own, or write the labels at the anchor';
  if (!isMap(value) || value.items.length === 0) return 'it has no fields';
  const own = value.items.find(({ key }) => String(key) === 'labels')?.value;
  if (own === undefined) {
    const all = { ...inherited, ...added };
    if (value.flow) return { offset: insideEnd(text, value), text: `, labels: ${flow(all)}` };
    const first = value.items[0] as Pair;
    const offset = lineStart(text, keyOffset(first));
    return { offset, text: `${text.slice(offset, keyOffset(first))}labels: ${flow(all)}${eol}` };
  }
  if (isAlias(own)) return 'its labels are an alias: write them at the anchor';
  if (isSeq(own)) return addToSequence(text, own, added, eol);
  return isMap(own) ? addToMapping(text, own, added, eol) : 'its labels are neither a mapping nor a list';
}

function addToSequence(text: string, list: YAMLSeq, added: Missing['added'], eol: string): Insertion {
  const items = Object.entries(added).map(([key, value]) => `${key}=${value}`);
  if (list.flow) {
    const lead = list.items.length === 0 ? '' : ', ';
    return {
      offset: (list.range?.[1] ?? 1) - 1,
      text: lead + items.map((item) => JSON.stringify(item)).join(', '),
    };
  }
  return appendItem(text, list, items.join(`${eol}${indentOfLast(text, list)}- `), eol);
}

function addToMapping(text: string, map: YAMLMap, added: Missing['added'], eol: string): Insertion {
  if (map.flow || map.items.length === 0) {
    const lead = map.items.length === 0 ? ' ' : ', ';
    const inner = flow(added).slice(2, -2);
    return { offset: insideEnd(text, map), text: `${lead}${inner}${map.items.length === 0 ? ' ' : ''}` };
  }
  const first = map.items[0] as Pair;
  const offset = lineStart(text, keyOffset(first));
  const indent = text.slice(offset, keyOffset(first));
  const lines = Object.entries(added).map(
    ([key, value]) => `${indent}${key}: ${JSON.stringify(value)}${eol}`,
  );
  return { offset, text: lines.join('') };
}

function appendItem(text: string, list: YAMLSeq, item: string, eol: string): Insertion {
  if (list.flow)
    return { offset: insideEnd(text, list), text: `${list.items.length === 0 ? '' : ', '}${item}` };
  const last = list.items.at(-1) as { range?: [number, number, number] };
  const end = last.range?.[1] ?? 0;
  const lineEnd = text.indexOf('\n', end - 1);
  const offset = lineEnd === -1 ? text.length : lineEnd + 1;
  return { offset, text: `${lineEnd === -1 ? eol : ''}${indentOfLast(text, list)}- ${item}${eol}` };
}

function indentOfLast(text: string, list: YAMLSeq): string {
  const last = list.items.at(-1) as { range?: [number, number, number] };
  const start = lineStart(text, last.range?.[0] ?? 0);
  return /^[ ]*/.exec(text.slice(start))?.[0] ?? '';
}

/** Before the closing bracket, and before the space that stands there. */
function insideEnd(text: string, node: YAMLMap | YAMLSeq): number {
  let at = (node.range?.[1] ?? 1) - 1;
  while (at > 0 && text[at - 1] === ' ') at -= 1;
  return at;
}

const flow = (labels: Readonly<Record<string, unknown>>) =>
  `{ ${Object.entries(labels)
    .map(([key, value]) => `${key}: ${plain(String(value))}`)
    .join(', ')} }`;

/** Quoted where YAML would read something else than a text. */
const plain = (text: string) =>
  /^[A-Za-z][\w.-]*$/.test(text) && !/^(true|false|yes|no|on|off|null)$/i.test(text)
    ? text
    : JSON.stringify(text);

function keyOffset(pair: Pair | undefined): number {
  return isScalar(pair?.key) ? (pair.key.range?.[0] ?? 0) : 0;
}

const lineStart = (text: string, offset: number) => text.lastIndexOf('\n', offset - 1) + 1;

/** A comment right above a key belongs to it. */
function startOfBlock(text: string, offset: number): number {
  let start = lineStart(text, offset);
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (!text.slice(above, start).startsWith('#')) break;
    // The first comment of a file tells of all of it.
    if (above === 0) break;
    start = above;
  }
  return start;
}

export const INJECT = { [LABEL.inject]: 'true' } as const;
