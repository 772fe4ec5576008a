/** What names and values of HTTP/2 fields are made of (RFC 9113 §8.2.1). */

const NAME_CHARACTERS = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
const COLON = 0x3a;

const isNameCode = new Uint8Array(256);
for (const character of NAME_CHARACTERS) isNameCode[character.charCodeAt(0)] = 1;

/** A token without capitals; a pseudo header's name begins with a colon. */
export function isFieldName(name: string): boolean {
  const start = name.charCodeAt(0) === COLON ? 1 : 0;
  for (let i = start; i < name.length; i++) if (isNameCode[name.charCodeAt(i)] !== 1) return false;
  return name.length > start;
}

/** Stricter than the RFC's least, as in HTTP/1: no control characters but tab, and no blank at either end. */
export function isFieldValue(value: string): boolean {
  const { length } = value;
  if (length === 0) return true;
  if (isBlank(value.charCodeAt(0)) || isBlank(value.charCodeAt(length - 1))) return false;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f) return false;
  }
  return true;
}

const isBlank = (code: number) => code === 0x20 || code === 0x09;
