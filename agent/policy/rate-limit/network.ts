import { parseAddress } from '../authorization/ip-range.ts';

/** `10.1.2.0/24`: the network of an address, as Envoy's `masked_remote_address` writes it. null = it is no address. */
export function networkOf(address: string, ipv4Bits: number, ipv6Bits: number): string | null {
  const groups = parseAddress(address);
  if (groups === null) return null;
  const isV4 = !address.includes(':');
  const bits = isV4 ? ipv4Bits : ipv6Bits;
  const masked = (isV4 ? groups.slice(6) : groups).map((group, index) => group & maskOf(bits - index * 16));
  return `${isV4 ? dotted(masked) : compressed(masked)}/${bits}`;
}

/** Of one group of 16 bits. */
function maskOf(bits: number): number {
  if (bits >= 16) return 0xffff;
  return bits <= 0 ? 0 : (0xffff << (16 - bits)) & 0xffff;
}

const dotted = (groups: readonly number[]) => groups.flatMap((group) => [group >> 8, group & 255]).join('.');

/** RFC 5952 §4: the longest run of zeros is left out. */
function compressed(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  const runs = [...text.matchAll(/(?:^|(?<=:))0(?::0)+(?=:|$)/g)].sort((a, b) => b[0].length - a[0].length);
  const [run] = runs;
  if (run === undefined) return text;
  const before = text.slice(0, run.index).replace(/:$/, '');
  const after = text.slice(run.index + run[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}
