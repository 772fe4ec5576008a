import {
  bare,
  type Fields,
  isFields,
  isSame,
  listOf,
  mappingOf,
  Tagged,
  textOf,
  type Value,
} from './value.ts';

/** Written as a list of `name=value` as well. */
const MAPPINGS = new Set([
  ...['labels', 'networks', 'sysctls', 'depends_on', 'environment', 'annotations'],
  // The labels of its files, once they are read.
  'label_file',
]);
/** One list behind the other. */
const LISTS = new Set([
  ...['ports', 'expose', 'dns', 'dns_search', 'dns_opt', 'links', 'external_links', 'profiles'],
  'extra_hosts',
]);

/**
 * What two places say of a service, the second over the first, as Compose merges files (`-f`) and `extends`: mappings
 * within each other, lists behind each other, anything else replaced. Tags stay for the place before: see `settle`.
 */
export function mergeServices(first: Fields, second: Fields): Fields {
  const merged: Record<string, Value> = { ...first };
  for (const [name, value] of Object.entries(second))
    merged[name] = value instanceof Tagged ? value : mergeField(name, settled(merged[name]), value);
  return merged;
}

/** `!reset` takes away, `!override` replaces: when nothing more is merged, only what they leave counts. */
export function settle(fields: Fields): Fields {
  const entries = Object.entries(fields).map(([name, value]) => [name, settled(value)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Value] => entry[1] !== undefined));
}

const settled = (value: Value | undefined): Value | undefined =>
  value instanceof Tagged ? (value.tag === '!reset' ? undefined : value.value) : value;

function mergeField(name: string, before: Value | undefined, value: Value): Value {
  if (before === undefined) return value;
  if (name === 'extra_hosts' && isFields(before) && isFields(value)) return { ...before, ...value };
  if (MAPPINGS.has(name)) return mergeMappings(mappingOf(before), mappingOf(value));
  if (LISTS.has(name)) return concat(asItems(before), asItems(value));
  return isFields(before) && isFields(value) ? mergeMappings(before, value) : value;
}

function mergeMappings(first: Fields, second: Fields): Fields {
  const merged: Record<string, Value> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = merged[name];
    if (value instanceof Tagged && value.tag === '!reset') delete merged[name];
    else if (isFields(before) && isFields(value)) merged[name] = mergeMappings(before, value);
    else merged[name] = Array.isArray(before) && Array.isArray(value) ? concat(before, value) : value;
  }
  return merged;
}

function concat(first: readonly Value[], second: readonly Value[]): Value[] {
  return [...first, ...second.filter((item) => !first.some((known) => isSame(known, item)))];
}

/** `extra_hosts` as a mapping becomes what its list form says. */
function asItems(value: Value): readonly Value[] {
  const inner = bare(value);
  if (!isFields(inner)) return listOf(inner);
  return Object.entries(inner).flatMap(([host, addresses]) =>
    listOf(addresses).map((address) => `${host}:${textOf(address)}`),
  );
}
