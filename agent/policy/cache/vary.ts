import type { Headers } from '../../codec/head.ts';
import { getHeaderLines } from '../headers.ts';
import type { StoredHead, VaryField } from './stored-response.ts';

/** Which stored answer is the one for a request (RFC 9111 §4.1). `*` is never stored. */

export function varyFields(response: Readonly<Headers>, request: Readonly<Headers>): VaryField[] {
  const names = getHeaderLines(response, 'vary').join(',').toLowerCase().split(',');
  const distinct = new Set(names.map((name) => name.trim()).filter((name) => name !== ''));
  return [...distinct].map((name) => ({ name, value: selectingValue(request, name) }));
}

/** Lines in their order; white space around commas means nothing. */
function selectingValue(headers: Readonly<Headers>, name: string): string | null {
  const lines = getHeaderLines(headers, name);
  return lines.length === 0
    ? null
    : lines
        .join(',')
        .trim()
        .replaceAll(/\s*,\s*/g, ',');
}

/** The youngest that fits; undefined = none does. */
export function selectResponse(
  candidates: readonly StoredHead[],
  scope: string,
  request: Readonly<Headers>,
): StoredHead | undefined {
  return candidates.findLast(
    (stored) =>
      stored.scope === scope &&
      stored.vary.every(({ name, value }) => selectingValue(request, name) === value),
  );
}

/** Whether both answer the same requests, so that the younger takes the place of the older. */
export function isSameVariant(one: StoredHead, other: StoredHead): boolean {
  return (
    one.scope === other.scope &&
    one.vary.length === other.vary.length &&
    one.vary.every(({ name, value }, at) => other.vary[at]?.name === name && other.vary[at]?.value === value)
  );
}
