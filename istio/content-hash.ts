import { createHash } from 'node:crypto';

/** 128 bits of SHA-256 in hexadecimal: enough to tell contents apart. */
export function contentHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
