import type { Headers } from '../head.ts';
import { ProtocolError } from '../protocol-error.ts';
import { DynamicTable, MAX_TABLE_BYTES } from './dynamic-table.ts';
import { isFieldName, isFieldValue } from './field-syntax.ts';
import { decodeHuffman, maxDecodedLength } from './huffman.ts';
import { STATIC_COUNT, STATIC_TABLE, TableEntry } from './static-table.ts';

/**
 * HPACK header blocks into names and values (RFC 7541). No I/O. Always reads a block to its end, so that the table
 * stays in step with the peer's, but keeps nothing beyond the limits: a small block that refers to a large entry many
 * times over costs no memory.
 */
export interface DecoderLimits {
  /** As SETTINGS_MAX_HEADER_LIST_SIZE counts: names, values and 32 bytes for each. */
  readonly maxListBytes: number;
  readonly maxFields: number;
}

/** Four bytes of continuation: enough for any length that a frame may have. */
const MAX_INTEGER_SHIFT = 21;

export class HpackDecoder {
  readonly #limits: DecoderLimits;
  readonly #table = new DynamicTable();
  #scratch = Buffer.allocUnsafe(256);
  #bytes: Buffer = this.#scratch;
  #at = 0;
  #end = 0;
  #listBytes = 0;
  /** Of the block last decoded: a name or value may not stand in a message. */
  isMalformed = false;
  /** Of the block last decoded: fields are missing. */
  isTooLarge = false;

  constructor(limits: DecoderLimits) {
    this.#limits = limits;
  }

  /** @throws ProtocolError `h2_compression`: the connection cannot go on */
  decode(bytes: Buffer, start: number, end: number): Headers {
    const fields: Headers = [];
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#listBytes = 0;
    this.isMalformed = false;
    this.isTooLarge = false;
    // A change of the table's size stands first (RFC 7541 §4.2); at most two of them make sense.
    for (let updates = 0; this.#at < end && ((bytes[this.#at] as number) & 0xe0) === 0x20; updates++) {
      if (updates === 2) throw broken('more than two changes of the table size');
      this.#readTableSize();
    }
    while (this.#at < end) this.#readField(fields);
    return fields;
  }

  #readTableSize(): void {
    const size = this.#readInteger(0x1f);
    if (size > MAX_TABLE_BYTES) throw broken('table size above the limit');
    this.#table.resize(size);
  }

  #readField(fields: Headers): void {
    const first = this.#bytes[this.#at] as number;
    if (first & 0x80) {
      this.#keep(fields, this.#entry(this.#readInteger(0x7f)));
      return;
    }
    if ((first & 0xe0) === 0x20) throw broken('change of the table size behind a field');
    const isIndexed = (first & 0x40) !== 0;
    const entry = this.#readLiteral(this.#readInteger(isIndexed ? 0x3f : 0x0f));
    if (isIndexed) this.#table.add(entry);
    this.#keep(fields, entry);
  }

  #readLiteral(nameIndex: number): TableEntry {
    let name: string;
    let isNameValid: boolean;
    if (nameIndex === 0) {
      name = this.#readString();
      isNameValid = isFieldName(name);
    } else {
      const named = this.#entry(nameIndex);
      name = named.name;
      // An entry that is not valid may be so by its value alone; the name is looked at again.
      isNameValid = named.isValid || isFieldName(name);
    }
    const value = this.#readString();
    return new TableEntry(name, value, isNameValid && isFieldValue(value));
  }

  #keep(fields: Headers, entry: TableEntry): void {
    this.#listBytes += entry.size;
    if (!entry.isValid) this.isMalformed = true;
    if (this.#listBytes > this.#limits.maxListBytes || fields.length >= this.#limits.maxFields * 2) {
      this.isTooLarge = true;
    } else fields.push(entry.name, entry.value);
  }

  #entry(index: number): TableEntry {
    if (index === 0) throw broken('index 0');
    const entry = index <= STATIC_COUNT ? STATIC_TABLE[index] : this.#table.get(index - STATIC_COUNT - 1);
    if (entry === undefined || entry === null) throw broken('index beyond the table');
    return entry;
  }

  /** RFC 7541 §5.1. */
  #readInteger(mask: number): number {
    let value = (this.#bytes[this.#at++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      if (this.#at >= this.#end || shift > MAX_INTEGER_SHIFT) throw broken('integer is cut off or too large');
      const byte = this.#bytes[this.#at++] as number;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** RFC 7541 §5.2. */
  #readString(): string {
    if (this.#at >= this.#end) throw broken('string is cut off');
    const isHuffman = ((this.#bytes[this.#at] as number) & 0x80) !== 0;
    const length = this.#readInteger(0x7f);
    const start = this.#at;
    const end = start + length;
    if (end > this.#end) throw broken('string is cut off');
    this.#at = end;
    if (!isHuffman) return this.#bytes.latin1Slice(start, end);
    const room = maxDecodedLength(length);
    if (room > this.#scratch.length) this.#scratch = Buffer.allocUnsafe(room * 2);
    const decoded = decodeHuffman(this.#bytes, start, end, this.#scratch);
    if (decoded < 0) throw broken('invalid Huffman code');
    return this.#scratch.latin1Slice(0, decoded);
  }
}

const broken = (what: string) => new ProtocolError('h2_compression', `header compression: ${what}`);
