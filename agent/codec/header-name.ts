const CASE_BIT = 0x20;

/**
 * Whether a header's name is this one; `name` is lower-case. By characters, since a lower-case copy of each candidate of
 * the same length costs more than all the rest of a look through the headers.
 */
export function isNamed(candidate: string, name: string): boolean {
  const { length } = name;
  if (candidate.length !== length) return false;
  for (let i = 0; i < length; i++) {
    const code = candidate.charCodeAt(i);
    const wanted = name.charCodeAt(i);
    if (code !== wanted && !(isLetter(wanted) && (code | CASE_BIT) === wanted)) return false;
  }
  return true;
}

const isLetter = (code: number) => code >= 0x61 && code <= 0x7a;
