/**
 * xxHash32 (Yann Collet's specification) over a text of one byte per character, as heads are read here. Envoy uses the
 * 64-bit one; which host a value meets is nobody's contract, only that it is always the same one.
 */

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;
/** Length of a stripe: four lanes of four bytes. */
const STRIPE = 16;

/** An unsigned 32-bit number. */
export function hashText(text: string, seed = 0): number {
  const { length } = text;
  const stripes = length - (length % STRIPE);
  let hash = stripes === 0 ? seed + PRIME_5 : hashStripes(text, stripes, seed);
  hash = (hash + length) | 0;
  let at = stripes;
  for (; at + 4 <= length; at += 4) {
    hash = Math.imul(rotate((hash + Math.imul(wordAt(text, at), PRIME_3)) | 0, 17), PRIME_4);
  }
  for (; at < length; at++) {
    hash = Math.imul(rotate((hash + Math.imul(text.charCodeAt(at) & 0xff, PRIME_5)) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function hashStripes(text: string, end: number, seed: number): number {
  let a = (seed + PRIME_1 + PRIME_2) | 0;
  let b = (seed + PRIME_2) | 0;
  let c = seed | 0;
  let d = (seed - PRIME_1) | 0;
  for (let at = 0; at < end; at += STRIPE) {
    a = mixLane(a, wordAt(text, at));
    b = mixLane(b, wordAt(text, at + 4));
    c = mixLane(c, wordAt(text, at + 8));
    d = mixLane(d, wordAt(text, at + 12));
  }
  return (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
}

function mixLane(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, PRIME_2)) | 0, 13), PRIME_1);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function wordAt(text: string, at: number): number {
  return (
    (text.charCodeAt(at) & 0xff) |
    ((text.charCodeAt(at + 1) & 0xff) << 8) |
    ((text.charCodeAt(at + 2) & 0xff) << 16) |
    ((text.charCodeAt(at + 3) & 0xff) << 24)
  );
}
