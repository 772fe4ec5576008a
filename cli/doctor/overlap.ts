/** An IPv4 range, with what it belongs to. */
export interface NamedRange {
  readonly name: string;
  readonly range: string;
}

/** First and last address as numbers; null = no IPv4 range. */
function boundsOf(range: string): readonly [number, number] | null {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(range);
  if (match === null) return null;
  const [a = 0, b = 0, c = 0, d = 0, length = 0] = match.slice(1).map(Number);
  const size = 2 ** (32 - length);
  const address = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = address - (address % size);
  return [first, first + size - 1];
}

export function overlaps(one: string, other: string): boolean {
  const [mine, theirs] = [boundsOf(one), boundsOf(other)];
  return mine !== null && theirs !== null && mine[0] <= theirs[1] && theirs[0] <= mine[1];
}

/** Interfaces that an engine makes for its networks. */
const OWN_BRIDGE = /^(docker\d+|docker_gwbridge|br-|veth|podman\d+|cni-|lxdbr|virbr)/;

/** `/proc/net/route` without the way out and without bridges of engines. */
export function routesOf(table: string): NamedRange[] {
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([name = '', destination = '', , , , , , mask = '']) => {
      const isRoute = /^[0-9A-F]{8}$/.test(destination) && /^[0-9A-F]{8}$/.test(mask);
      return isRoute && mask !== '00000000' && !OWN_BRIDGE.test(name);
    })
    .map(([name = '', destination = '', , , , , , mask = '']) => ({
      name,
      range: `${dotted(destination)}/${bitsOf(mask)}`,
    }));
}

/** The kernel writes an address as one number, in the order of the machine: the last byte first. */
const dotted = (hex: string) =>
  [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');

const bitsOf = (hex: string) => Number.parseInt(hex, 16).toString(2).replaceAll('0', '').length;
