/**
 * Protocol Buffers' wire format (protobuf.dev/programming-guides/encoding), as far as the few messages need it that we
 * exchange with services of others: each message has its two functions by hand, and no generated code. Knows no
 * schema. What cannot be read is `null`, never an exception.
 */

/** One field as it stands in a message. Groups (wire types 3 and 4) are of proto2 and unknown here. */
export interface ProtobufField {
  readonly number: number;
  /** Wire types 0, 1 and 5: varint, 64 bits, 32 bits; else 0. 64 bits hold as many digits as a double does. */
  readonly value: number;
  /**
   * Wire type 2: a string, bytes, an embedded message, packed numbers. Wire type 1: its eight bytes, for what is no
   * double. Else empty. A view, no copy.
   */
  readonly bytes: Buffer;
}

const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const NO_BYTES = Buffer.alloc(0);
const MAX_VARINT_BYTES = 10;

/** Writes field after field. Whether a default value is left out is the caller's choice; readers take both. */
export class ProtobufWriter {
  readonly #parts: Buffer[] = [];

  /** int32, int64, uint32, uint64, enum. */
  integer(number: number, value: number): this {
    this.#tag(number, WIRE.varint);
    this.#parts.push(varint(value));
    return this;
  }

  bool(number: number, value: boolean): this {
    return this.integer(number, value ? 1 : 0);
  }

  double(number: number, value: number): this {
    this.#tag(number, WIRE.fixed64);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeDoubleLE(value);
    this.#parts.push(bytes);
    return this;
  }

  /** fixed64, such as nanoseconds since 1970. */
  fixed64(number: number, value: bigint): this {
    this.#tag(number, WIRE.fixed64);
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigUInt64LE(value);
    this.#parts.push(bytes);
    return this;
  }

  string(number: number, text: string): this {
    return this.bytes(number, Buffer.from(text));
  }

  /** Bytes, or an embedded message that is written already. */
  bytes(number: number, bytes: Buffer): this {
    this.#tag(number, WIRE.bytes);
    this.#parts.push(varint(bytes.length), bytes);
    return this;
  }

  message(number: number, write: (writer: ProtobufWriter) => void): this {
    const inner = new ProtobufWriter();
    write(inner);
    return this.bytes(number, inner.finish());
  }

  /** One entry of a `map<string, string>`. */
  entry(number: number, key: string, value: string): this {
    return this.message(number, (entry) => entry.string(1, key).string(2, value));
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #tag(number: number, wire: number): void {
    this.#parts.push(varint(number * 8 + wire));
  }
}

/** Negative numbers are written as 64 bits of two's complement. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
    let rest = value;
    while (rest > 127) {
      bytes.push((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
    return Buffer.from(bytes);
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** The fields of a message in the order in which they stand; null = it is none. */
export function readFields(message: Buffer): readonly ProtobufField[] | null {
  const fields: ProtobufField[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = readVarint(message, at);
    if (tag === null) return null;
    const field = readField(message, tag.end, Math.floor(tag.value / 8), tag.value % 8);
    if (field === null) return null;
    fields.push(field);
    at = field.end;
  }
  return fields;
}

interface ReadField extends ProtobufField {
  readonly end: number;
}

function readField(message: Buffer, at: number, number: number, wire: number): ReadField | null {
  if (number === 0) return null;
  switch (wire) {
    case WIRE.varint: {
      const read = readVarint(message, at);
      return read === null ? null : { number, value: read.value, bytes: NO_BYTES, end: read.end };
    }
    case WIRE.fixed64: {
      if (at + 8 > message.length) return null;
      return { number, value: message.readDoubleLE(at), bytes: message.subarray(at, at + 8), end: at + 8 };
    }
    case WIRE.fixed32: {
      if (at + 4 > message.length) return null;
      return { number, value: message.readUInt32LE(at), bytes: NO_BYTES, end: at + 4 };
    }
    case WIRE.bytes: {
      const length = readVarint(message, at);
      if (length === null || length.value < 0 || length.value > message.length - length.end) return null;
      const end = length.end + length.value;
      return { number, value: 0, bytes: message.subarray(length.end, end), end };
    }
    default:
      return null;
  }
}

function readVarint(message: Buffer, start: number): { value: number; end: number } | null {
  let value = 0;
  let scale = 1;
  for (let at = start; at < start + MAX_VARINT_BYTES; at++) {
    const byte = message[at];
    if (byte === undefined) return null;
    value += (byte & 127) * scale;
    if (byte < 128) {
      const end = at + 1;
      return { value: end - start < MAX_VARINT_BYTES ? value : readNegative(message, start), end };
    }
    scale *= 128;
  }
  return null;
}

/** Ten bytes: two's complement of 64 bits, which a double would round. */
function readNegative(message: Buffer, start: number): number {
  let value = 0n;
  for (let index = MAX_VARINT_BYTES - 1; index >= 0; index--)
    value = (value << 7n) | BigInt((message[start + index] as number) & 127);
  return Number(BigInt.asIntN(64, value));
}

/** What stands in the last field of that number (an earlier one has no effect); undefined = it is not there. */
export function lastField(fields: readonly ProtobufField[], number: number): ProtobufField | undefined {
  return fields.findLast((field) => field.number === number);
}
