/**
 * IP addresses and ranges as numbers: policies ask for them on every request, and `node:net` is no part of a pure
 * folder. An IPv4 address is compared as the IPv6 address that maps it (RFC 4291 §2.5.5.2).
 */

/** Eight groups of 16 bits; null = the text is no address. An empty list is in no range. */
export function parseAddress(text: string): readonly number[] | null {
  const v4 = parseIpv4(text);
  if (v4 !== null) return [0, 0, 0, 0, 0, 0xffff, ...v4];
  return text.includes(':') ? parseIpv6(text) : null;
}

function parseIpv4(text: string): [number, number] | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return null;
  const [a, b, c, d] = match.slice(1).map(Number) as [number, number, number, number];
  return Math.max(a, b, c, d) > 255 ? null : [(a << 8) | b, (c << 8) | d];
}

function parseIpv6(text: string): readonly number[] | null {
  const [left = '', right, more] = text.split('::');
  if (more !== undefined) return null;
  const [head, tail] = [parseGroups(left), parseGroups(right ?? '')];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (right === undefined ? missing !== 0 : missing < 1) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function parseGroups(text: string): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  for (const group of text.split(':')) {
    const v4 = parseIpv4(group);
    if (v4 !== null) groups.push(...v4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) groups.push(Number.parseInt(group, 16));
    else return null;
  }
  return groups;
}

export type AddressTest = (address: readonly number[]) => boolean;

/** `10.0.0.7` or `10.0.0.0/8`; what cannot be read contains nothing. */
export function createRangeTest(text: string): AddressTest {
  const [base = '', length] = text.split('/');
  const network = parseAddress(base);
  if (network === null) return () => false;
  const bits = length === undefined ? 128 : Number(length) + (base.includes(':') ? 0 : 96);
  // `::/0` is about IPv6 alone, as in Envoy.
  return (address) =>
    address.length === 8 && isMapped(address) === isMapped(network) && sharesPrefix(network, address, bits);
}

function sharesPrefix(a: readonly number[], b: readonly number[], bits: number): boolean {
  for (let group = 0; group * 16 < bits; group++) {
    const rest = bits - group * 16;
    const mask = rest >= 16 ? 0xffff : (0xffff << (16 - rest)) & 0xffff;
    if ((((a[group] as number) ^ (b[group] as number)) & mask) !== 0) return false;
  }
  return true;
}

function isMapped(address: readonly number[]): boolean {
  return address[5] === 0xffff && address[4] === 0 && sharesPrefix(address, ZERO, 80);
}

const ZERO: readonly number[] = new Array<number>(8).fill(0);
