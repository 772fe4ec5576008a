import type { NameEntrySpec } from '../../model/name-entry.ts';

export interface NameTable {
  readonly exact: ReadonlyMap<string, NameEntrySpec>;
  /** `.example.com` → entry, longest first. */
  readonly wildcards: readonly (readonly [suffix: string, entry: NameEntrySpec])[];
}

export const EMPTY_NAMES: NameTable = { exact: new Map(), wildcards: [] };

export function createNameTable(names: ReadonlyMap<string, NameEntrySpec>): NameTable {
  const wildcards = [...names.values()]
    .filter(({ name }) => name.startsWith('*.'))
    .map((entry) => [entry.name.slice(1), entry] as const)
    .sort(([a], [b]) => b.length - a.length);
  return { exact: names, wildcards };
}

export function findName(table: NameTable, name: string): NameEntrySpec | null {
  const exact = table.exact.get(name);
  if (exact !== undefined) return exact;
  return (
    table.wildcards.find(([suffix]) => name.length > suffix.length && name.endsWith(suffix))?.[1] ?? null
  );
}
