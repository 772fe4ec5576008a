import type { Headers } from '../codec/head.ts';
import { isNamed } from '../codec/header-name.ts';

/**
 * Reading and editing flat header arrays. `name` is always lower-case here. Names are compared by length first, so
 * that most cost one integer comparison.
 */

/** The first value, or undefined. */
export function getHeader(headers: Readonly<Headers>, name: string): string | undefined {
  for (let i = 0; i < headers.length; i += 2) if (isNamed(headers[i] as string, name)) return headers[i + 1];
  return undefined;
}

/** Every value, in order, in a new list. */
export function getHeaderLines(headers: Readonly<Headers>, name: string): string[] {
  return headers.filter((_, index) => index % 2 === 1 && isNamed(headers[index - 1] as string, name));
}

/**
 * Whether a line of that name passes the test; undefined = there is none. Lines of one name are never joined
 * (ISTIO.md, correction 33).
 */
export function someLine(
  headers: Readonly<Headers>,
  name: string,
  test: (value: string) => boolean,
): boolean | undefined {
  let found: boolean | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (!isNamed(headers[i] as string, name)) continue;
    if (test(headers[i + 1] as string)) return true;
    found = false;
  }
  return found;
}

/** Replaces all lines of that name by one, at the place of the first. */
export function setHeader(headers: Headers, name: string, value: string): void {
  for (let i = 0; i < headers.length; i += 2) {
    if (!isNamed(headers[i] as string, name)) continue;
    headers[i + 1] = value;
    removeFrom(headers, i + 2, name);
    return;
  }
  headers.push(name, value);
}

export function removeHeader(headers: Headers, name: string): void {
  removeFrom(headers, 0, name);
}

/** Keeps the order; costs nothing where the name is absent. */
function removeFrom(headers: Headers, start: number, name: string): void {
  let kept = start;
  for (let i = start; i < headers.length; i += 2) {
    if (isNamed(headers[i] as string, name)) continue;
    if (kept !== i) {
      headers[kept] = headers[i] as string;
      headers[kept + 1] = headers[i + 1] as string;
    }
    kept += 2;
  }
  // Setting a length leaves compiled code, even where it changes nothing.
  if (kept !== headers.length) headers.length = kept;
}
