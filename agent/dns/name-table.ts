import type { NameEntrySpec } from '../../model/name-entry.ts';

export interface NameTable {
  readonly exact: ReadonlyMap<string, NameEntrySpec>;
  /** `.corp.example`: what a resolver puts behind a name that it looks for. */
  readonly searched: readonly string[];
  /** `.example.com` → entry, longest first. */
  readonly wildcards: readonly (readonly [suffix: string, entry: NameEntrySpec])[];
}

export const EMPTY_NAMES: NameTable = { exact: new Map(), searched: [], wildcards: [] };

export function createNameTable(
  names: ReadonlyMap<string, NameEntrySpec>,
  searchDomains: readonly string[] = [],
): NameTable {
  const wildcards = [...names.values()]
    .filter(({ name }) => name.startsWith('*.'))
    .map((entry) => [entry.name.slice(1), entry] as const)
    .sort(([a], [b]) => b.length - a.length);
  return { exact: names, searched: searchDomains.map((domain) => `.${domain}`), wildcards };
}

export function findName(table: NameTable, name: string): NameEntrySpec | null {
  const exact = table.exact.get(name);
  if (exact !== undefined) return exact;
  for (const domain of table.searched) {
    const entry = name.endsWith(domain) ? table.exact.get(name.slice(0, -domain.length)) : undefined;
    // Docker's own names are Docker's business in every form.
    if (entry?.mode === 'answer') return entry;
  }
  return (
    table.wildcards.find(([suffix]) => name.length > suffix.length && name.endsWith(suffix))?.[1] ?? null
  );
}
