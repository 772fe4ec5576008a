import type { HeaderEdits, HeaderOperations } from '../../../istio/schema/virtual-service.ts';
import type { HeaderOpsSpec } from '../../../model/route.ts';

/** `headers.request` of one level: the operations proper, and the Host that it sets, if any. */
export interface CompiledHeaders {
  readonly request: HeaderOpsSpec | null;
  readonly response: HeaderOpsSpec | null;
  readonly authority: string | null;
}

export function compileHeaders(edits: HeaderEdits | undefined): CompiledHeaders {
  return {
    request: compileOperations(edits?.request),
    response: compileOperations(edits?.response),
    authority: findAuthority(edits?.request),
  };
}

function compileOperations(operations: HeaderOperations | undefined): HeaderOpsSpec | null {
  if (operations === undefined) return null;
  const spec = {
    remove: (operations.remove ?? []).map((name) => name.toLowerCase()).filter(isOrdinary),
    set: entries(operations.set),
    add: entries(operations.add),
  };
  return spec.remove.length + spec.set.length + spec.add.length === 0 ? null : spec;
}

/** Applied in the order of their names (ISTIO.md §1.5). */
function entries(values: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(values ?? {})
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => isOrdinary(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

const isOrdinary = (name: string) => name !== 'host' && !name.startsWith(':');

function findAuthority(operations: HeaderOperations | undefined): string | null {
  for (const values of [operations?.set, operations?.add]) {
    for (const [name, value] of Object.entries(values ?? {})) {
      if (name.toLowerCase() === 'host' || name.toLowerCase() === ':authority') return value;
    }
  }
  return null;
}
