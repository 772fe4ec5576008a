/**
 * DNS messages as far as an answering proxy needs them (RFC 1035 §4): one question in, address records out. No I/O.
 * Whatever is not such a question is left to the real name servers, byte for byte.
 */

export const TYPE = { A: 1, AAAA: 28, ANY: 255 } as const;
export const RCODE = { noError: 0, serverFailure: 2, nameError: 3 } as const;

const CLASS_IN = 1;
export const HEADER_BYTES = 12;
const POINTER_TO_QUESTION = 0xc00c;
/** RFC 1035 §4.2.1, without EDNS. */
export const MAX_UDP_BYTES = 512;

export interface DnsQuestion {
  readonly id: number;
  /** Lower-case, without trailing dot. */
  readonly name: string;
  readonly type: number;
  readonly isRecursionDesired: boolean;
  /** Where the question ends in the message. */
  readonly end: number;
}

/** The question of a plain query; null for anything else (other opcodes, several questions, broken names). */
export function readQuestion(message: Buffer): DnsQuestion | null {
  if (message.length < HEADER_BYTES + 5) return null;
  const flags = message.readUInt16BE(2);
  const isQuery = (flags & 0x8000) === 0 && (flags & 0x7800) === 0;
  if (!isQuery || message.readUInt16BE(4) !== 1) return null;
  const name = readName(message, HEADER_BYTES);
  if (name === null || name.end + 4 > message.length) return null;
  if (message.readUInt16BE(name.end + 2) !== CLASS_IN) return null;
  return {
    id: message.readUInt16BE(0),
    name: name.text,
    type: message.readUInt16BE(name.end),
    isRecursionDesired: (flags & 0x0100) !== 0,
    end: name.end + 4,
  };
}

/** A name without compression: a question comes first, so it has nothing to point at. */
function readName(message: Buffer, start: number): { text: string; end: number } | null {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63) return null;
    at += 1;
    if (length === 0) break;
    if (at + length > message.length) return null;
    const label = message.latin1Slice(at, at + length);
    // A dot within a label would make it look like another name.
    if (label.includes('.')) return null;
    labels.push(label);
    at += length;
    if (at - start > 255) return null;
  }
  return { text: labels.join('.').toLowerCase(), end: at };
}

export interface DnsAnswer {
  readonly rcode: number;
  /** Addresses of the asked family only. */
  readonly addresses: readonly string[];
  readonly ttlSeconds: number;
}

/** An answer to the question of `query`; set to truncated without records if it would exceed `maxBytes`. */
export function writeAnswer(
  query: Buffer,
  question: DnsQuestion,
  answer: DnsAnswer,
  maxBytes: number,
): Buffer {
  const records = answer.addresses.map((address) => writeRecord(address, answer.ttlSeconds));
  const size = question.end + records.reduce((sum, record) => sum + record.length, 0);
  const isTruncated = size > maxBytes;
  const head = Buffer.from(query.subarray(0, question.end));
  // QR, AA, RD as asked, RA.
  const flags =
    0x8400 | (question.isRecursionDesired ? 0x0100 : 0) | 0x0080 | (isTruncated ? 0x0200 : 0) | answer.rcode;
  head.writeUInt16BE(flags, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(isTruncated ? 0 : records.length, 6);
  head.writeUInt32BE(0, 8);
  return isTruncated ? head : Buffer.concat([head, ...records]);
}

function writeRecord(address: string, ttlSeconds: number): Buffer {
  const data = address.includes(':') ? ipv6Bytes(address) : Buffer.from(address.split('.').map(Number));
  const record = Buffer.alloc(12 + data.length);
  record.writeUInt16BE(POINTER_TO_QUESTION, 0);
  record.writeUInt16BE(address.includes(':') ? TYPE.AAAA : TYPE.A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(data.length, 10);
  data.copy(record, 12);
  return record;
}

function ipv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => text.split(':').flatMap(hexGroups);
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const all = [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  const bytes = Buffer.alloc(16);
  all.slice(0, 8).forEach((group, index) => {
    bytes.writeUInt16BE(Number.parseInt(group, 16) & 0xffff, index * 2);
  });
  return bytes;
}

/** A group as it is, none of an empty one, and two of an IPv4 address at the end (RFC 4291 §2.2). */
function hexGroups(group: string): string[] {
  if (!group.includes('.')) return group === '' ? [] : [group];
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)];
}

/** What a name server answered, as far as it decides whether ours is needed. */
export function readReply(message: Buffer): { readonly rcode: number; readonly answers: number } | null {
  if (message.length < HEADER_BYTES || (message.readUInt16BE(2) & 0x8000) === 0) return null;
  return { rcode: message.readUInt16BE(2) & 0x000f, answers: message.readUInt16BE(6) };
}
