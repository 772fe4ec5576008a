/**
 * Huffman decoding of HPACK strings (RFC 7541 §5.2). Never encodes: a shorter string costs more than it saves inside
 * one machine. Strategy: a table by state and four bits, built once; a step gives at most one symbol, since the
 * shortest code has five bits.
 */

/**
 * Code length of each byte value in base 36, and 30 for the end of string (RFC 7541 appendix B). The code is
 * canonical, so the lengths say it all.
 */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq';
const END_OF_STRING = 256;
const END_OF_STRING_LENGTH = 30;

/** Index of the child for bit 0 and for bit 1; −1 = none yet. */
interface Node {
  readonly children: [number, number];
  symbol: number;
}

/** Entry: next state, symbol shifted by 8, and this bit if there is a symbol; −1 = not decodable. */
const HAS_SYMBOL = 1 << 16;

interface HuffmanTable {
  readonly steps: Int32Array;
  /** States in which a string may end: the root, and at most seven bits of padding, all ones. */
  readonly mayEnd: Uint8Array;
}

function buildTree(): Node[] {
  const nodes: Node[] = [{ children: [-1, -1], symbol: -1 }];
  let code = 0;
  for (let length = 1; length <= END_OF_STRING_LENGTH; length++) {
    for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
      const own =
        symbol === END_OF_STRING ? END_OF_STRING_LENGTH : Number.parseInt(LENGTHS[symbol] as string, 36);
      if (own === length) addCode(nodes, code++, length, symbol);
    }
    code *= 2;
  }
  return nodes;
}

function addCode(nodes: Node[], code: number, length: number, symbol: number): void {
  let node = nodes[0] as Node;
  for (let bit = length - 1; bit >= 0; bit--) {
    const side = ((code >>> bit) & 1) as 0 | 1;
    if (node.children[side] < 0) {
      node.children[side] = nodes.length;
      nodes.push({ children: [-1, -1], symbol: -1 });
    }
    node = nodes[node.children[side]] as Node;
  }
  node.symbol = symbol;
}

function buildTable(): HuffmanTable {
  const nodes = buildTree();
  const inner = nodes.filter(({ symbol }) => symbol < 0);
  const stateOf = new Map(inner.map((node, state) => [node, state]));
  const steps = new Int32Array(inner.length * 16);
  const mayEnd = new Uint8Array(inner.length);
  for (const [state, node] of inner.entries()) {
    for (let nibble = 0; nibble < 16; nibble++)
      steps[state * 16 + nibble] = step(nodes, stateOf, node, nibble);
  }
  let node = nodes[0] as Node;
  for (let ones = 0; ones <= 7; ones++) {
    mayEnd[stateOf.get(node) as number] = 1;
    node = nodes[node.children[1]] as Node;
  }
  return { steps, mayEnd };
}

function step(
  nodes: readonly Node[],
  stateOf: ReadonlyMap<Node, number>,
  from: Node,
  nibble: number,
): number {
  let node = from;
  let found = 0;
  for (let bit = 3; bit >= 0; bit--) {
    node = nodes[node.children[((nibble >> bit) & 1) as 0 | 1]] as Node;
    if (node.symbol === END_OF_STRING) return -1;
    if (node.symbol < 0) continue;
    found = HAS_SYMBOL | (node.symbol << 8);
    node = nodes[0] as Node;
  }
  return (stateOf.get(node) as number) | found;
}

const { steps: STEPS, mayEnd: MAY_END } = buildTable();

/** Shortest code: five bits. */
export const maxDecodedLength = (encodedLength: number): number => Math.ceil((encodedLength * 8) / 5);

/** Decodes into `into`, which has room; gives the number of bytes, or −1 if the string is not valid. */
export function decodeHuffman(bytes: Buffer, start: number, end: number, into: Buffer): number {
  let state = 0;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    const high = STEPS[(state << 4) | (byte >> 4)] as number;
    if (high < 0) return -1;
    if (high & HAS_SYMBOL) into[length++] = (high >> 8) & 0xff;
    const low = STEPS[((high & 0xff) << 4) | (byte & 15)] as number;
    if (low < 0) return -1;
    if (low & HAS_SYMBOL) into[length++] = (low >> 8) & 0xff;
    state = low & 0xff;
  }
  return MAY_END[state] === 1 ? length : -1;
}
