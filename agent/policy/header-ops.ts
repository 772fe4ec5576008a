import type { HeaderOpsSpec } from '../../model/route.ts';
import type { Headers } from '../codec/head.ts';
import { createFormat, type Format, type FormatContext } from './format.ts';
import { removeHeader, setHeader } from './headers.ts';
import { toWireText } from './wire-text.ts';

/** Compiled `headers.request` or `headers.response` of the levels that apply to one destination. */
export interface HeaderOps {
  readonly remove: readonly string[];
  readonly edits: readonly { readonly name: string; readonly isAdd: boolean; readonly format: Format }[];
}

/**
 * The levels as one: all removals run before every set and add, so a later level's `remove` cannot undo an earlier
 * level's `set` (ISTIO.md, correction 7). Later levels win among the sets.
 */
export function createHeaderOps(levels: readonly (HeaderOpsSpec | null)[]): HeaderOps | null {
  const present = levels.filter((level) => level !== null);
  if (present.length === 0) return null;
  return {
    remove: present.flatMap((level) => level.remove),
    edits: present.flatMap((level) => [
      ...level.set.map(([name, value]) => ({ name, isAdd: false, format: formatOf(value) })),
      ...level.add.map(([name, value]) => ({ name, isAdd: true, format: formatOf(value) })),
    ]),
  };
}

const formatOf = (value: string): Format => createFormat(toWireText(value));

export function applyHeaderOps(ops: HeaderOps, headers: Headers, context: FormatContext): void {
  for (const name of ops.remove) removeHeader(headers, name);
  for (const { name, isAdd, format } of ops.edits) {
    const value = format(context);
    // An empty value is ignored: the caller's own stays (correction 7).
    if (value === '') continue;
    if (isAdd) headers.push(name, value);
    else setHeader(headers, name, value);
  }
}
