import type { Pair } from 'yaml';
import {
  anchorsOf,
  type ComposeText,
  linesOf,
  parseComposeText,
  type ServiceText,
  startOf,
} from './compose-text.ts';
import { applyEdits, type LineEdit } from './marks.ts';
import { printBlock, printFields, printPair } from './print-value.ts';
import { emptyOf, type Fields, isEmpty, isSame, keyOf, type Value } from './value.ts';

/** What a file is to say instead. */
export interface Wanted {
  readonly services: ReadonlyMap<string, Fields>;
  /** Service → the agent that is written below it. */
  readonly agents: ReadonlyMap<string, { readonly name: string; readonly fields: Fields }>;
  /** What all agents say. */
  readonly common: Fields;
  /** A value of `include`; null = it stays as it is. */
  readonly include: Value | null;
  /** Lines for the top. */
  readonly heading: readonly string[];
}

/** Fields that a service must say itself, though nothing of its own has changed: what it merges has. */
type Forced = ReadonlyMap<string, ReadonlySet<string>>;

const COMMON = 'x-lateen-agent';
const ALIAS = 'lateen-agent';
const ANCHORS = 'x-lateen-anchors';
const MOST_PASSES = 4;
const DEFAULT_NETWORK: Value = ['default'];

/**
 * The text with as few lines changed as can be. The result is read again, and has to say exactly what is wanted: a
 * service that merges one that was changed is given what it had by words of its own.
 * @returns the name of a service that cannot be written, where there is one
 */
export function rewrite(file: ComposeText, wanted: Wanted): { text: string } | { failed: string } {
  let forced: Forced = new Map();
  let failed = '';
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const text = applyEdits(file.text, edits(file, wanted, forced));
    const differences = differencesOf(parseComposeText({ name: file.name, text }), wanted);
    const [first] = differences.keys();
    if (first === undefined) return { text };
    failed = first;
    forced = union(forced, differences);
  }
  return { failed };
}

function edits(file: ComposeText, wanted: Wanted, forced: Forced): LineEdit[] {
  const heading = { at: 0, takeOut: 0, putIn: wanted.heading };
  const services = topPair(file, 'services');
  if (services === undefined) return [heading, ...includeEdits(file, wanted)];
  const isFlow = file.root.flow === true || (services.value as { flow?: boolean }).flow === true;
  const body = isFlow ? wholeServices(file, wanted, services) : blockEdits(file, wanted, forced);
  const above = file.root.flow === true ? [] : commonEdits(file, wanted, services);
  const all = [heading, ...includeEdits(file, wanted), ...above, ...body];
  return [...all, ...anchorEdits(file, all, services)];
}

const topPair = ({ root }: ComposeText, name: string) =>
  root.items.find((item) => keyOf(item as Pair) === name) as Pair | undefined;

function blockEdits(file: ComposeText, wanted: Wanted, forced: Forced): LineEdit[] {
  return [...file.services.values()].flatMap((service) => {
    const fields = wanted.services.get(service.name) ?? service.fields;
    const own = forced.get(service.name) ?? new Set<string>();
    const names = changedNames(service, fields, own);
    const indent = file.columnAt(startOf(service.pair));
    const change = names.length === 0 ? [] : serviceEdits(file, service, fields, names, own, indent);
    const agent = wanted.agents.get(service.name);
    if (agent === undefined) return change;
    const below = {
      at: linesOf(file, service.pair).end,
      takeOut: 0,
      putIn: printAgent(agent, indent),
    };
    return [...change, below];
  });
}

export function printAgent({ name, fields }: { name: string; fields: Fields }, indent: number): string[] {
  const inner = ' '.repeat(indent + 2);
  return [`${' '.repeat(indent)}${name}:`, `${inner}<<: *${ALIAS}`, ...printFields(fields, indent + 2)];
}

function commonEdits(file: ComposeText, { agents, common }: Wanted, services: Pair): LineEdit[] {
  if (agents.size === 0) return [];
  return [{ at: file.lineAt(startOf(services)), takeOut: 0, putIn: printCommon(common) }];
}

export const printCommon = (common: Fields): string[] => [`${COMMON}: &${ALIAS}`, ...printFields(common, 2)];

function changedNames({ fields }: ServiceText, wanted: Fields, forced: ReadonlySet<string>): string[] {
  const all = [...new Set([...Object.keys(wanted), ...Object.keys(fields), ...forced])];
  return all.filter((name) => forced.has(name) || !isSame(fields[name], wanted[name]));
}

function serviceEdits(
  file: ComposeText,
  service: ServiceText,
  wanted: Fields,
  names: readonly string[],
  forced: ReadonlySet<string>,
  indent: number,
): LineEdit[] {
  const { pairs, merged, pair } = service;
  const kept = [...(pairs?.keys() ?? [])].filter((name) => !names.includes(name));
  const added = Object.fromEntries(
    names.flatMap((name): [string, Value][] => {
      const value = wanted[name];
      if (value !== undefined) return [[name, value]];
      // Nothing of its own: what it merges must be silenced where it still says something.
      if (!forced.has(name)) return [];
      const silent = [name, emptyOf(merged[name] ?? (name === 'depends_on' ? {} : ''))] as [string, Value];
      // An empty mode would leave it without any network.
      const needsNetwork = name === 'network_mode' && wanted['networks'] === undefined;
      return needsNetwork ? [silent, ['networks', DEFAULT_NETWORK]] : [silent];
    }),
  );
  if (pairs === null || (kept.length === 0 && Object.keys(added).length === 0)) {
    const { first, end } = linesOf(file, pair);
    return [{ at: first, takeOut: end - first, putIn: printPair(service.name, wanted, indent) }];
  }
  const [top] = pairs.values();
  const start = startOf(top as Pair);
  const putIn = printFields(added, file.columnAt(start));
  const removed = names.flatMap((name) => {
    const own = pairs.get(name);
    if (own === undefined) return [];
    const { first, end } = linesOf(file, own);
    return [{ at: first, takeOut: end - first, putIn: [] }];
  });
  return [{ at: file.lineAt(start), takeOut: 0, putIn }, ...removed];
}

/** Services in brackets, and JSON, are written anew as a whole. */
function wholeServices(file: ComposeText, wanted: Wanted, services: Pair): LineEdit[] {
  const lines = [...file.services.values()].flatMap(({ name, fields }) => {
    const agent = wanted.agents.get(name);
    return [
      ...printPair(name, wanted.services.get(name) ?? fields, 2),
      ...(agent === undefined ? [] : printAgent(agent, 2)),
    ];
  });
  if (lines.length === 0 && file.root.flow !== true) return [];
  const putIn = lines.length === 0 ? ['services: {}'] : ['services:', ...lines];
  if (file.root.flow !== true) {
    const { first, end } = linesOf(file, services);
    return [{ at: first, takeOut: end - first, putIn }];
  }
  const { services: _, ...others } = file.fields;
  const rest = wanted.include === null ? others : { ...others, include: wanted.include };
  const common = wanted.agents.size === 0 ? [] : printCommon(wanted.common);
  const last = file.lineAt(Math.max(0, file.text.trimEnd().length - 1));
  return [{ at: 0, takeOut: last + 1, putIn: [...printFields(rest, 0), ...common, ...putIn] }];
}

function includeEdits(file: ComposeText, { include }: Wanted): LineEdit[] {
  if (include === null || file.root.flow === true) return [];
  const putIn = printPair('include', include, 0);
  const known = topPair(file, 'include');
  if (known !== undefined) {
    const { first, end } = linesOf(file, known);
    return [{ at: first, takeOut: end - first, putIn }];
  }
  const top = topPair(file, 'services') ?? (file.root.items[0] as Pair);
  return [{ at: file.lineAt(startOf(top)), takeOut: 0, putIn }];
}

/** An anchor in a line that was taken out, and whose aliases were not, is kept above the services. */
function anchorEdits(file: ComposeText, taken: readonly LineEdit[], services: Pair): LineEdit[] {
  const isOut = (line: number) => taken.some(({ at, takeOut }) => line >= at && line < at + takeOut);
  const lost = anchorsOf(file).filter(
    ({ line, aliases }) => isOut(line) && aliases.some((alias) => !isOut(alias)),
  );
  if (lost.length === 0) return [];
  const items = lost.flatMap(({ name, value }) => [`  - &${name}`, ...printBlock(value, 4)]);
  return [{ at: file.lineAt(startOf(services)), takeOut: 0, putIn: [`${ANCHORS}:`, ...items] }];
}

/** Service → the fields that say something else than is wanted. */
function differencesOf(file: ComposeText, { services, agents, common }: Wanted): Map<string, Set<string>> {
  const all = new Map(services);
  for (const { name, fields } of agents.values()) all.set(name, { ...common, ...fields });
  const differences = new Map<string, Set<string>>();
  for (const [name, wanted] of all) {
    const found = withoutDefaultNetwork(file.services.get(name)?.fields ?? {});
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].filter(
      (field) => !(isSame(found[field], wanted[field]) || (isEmpty(found[field]) && isEmpty(wanted[field]))),
    );
    if (names.length > 0) differences.set(name, new Set(names));
  }
  return differences;
}

function withoutDefaultNetwork(fields: Fields): Fields {
  const { networks, ...others } = fields;
  return fields['network_mode'] === '' && isSame(networks, DEFAULT_NETWORK) ? others : fields;
}

function union(first: Forced, second: Forced): Forced {
  const all = new Map<string, ReadonlySet<string>>(first);
  for (const [name, fields] of second) all.set(name, new Set([...(first.get(name) ?? []), ...fields]));
  return all;
}
