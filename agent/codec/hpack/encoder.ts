import type { Output } from '../h2/output.ts';
import { DynamicTable, MAX_TABLE_BYTES } from './dynamic-table.ts';
import { ENTRY_OVERHEAD_BYTES, STATIC_TABLE, TableEntry } from './static-table.ts';

/**
 * Names and values into HPACK (RFC 7541). Strategy: a field is indexed the second time that a name comes with the same
 * value, so that what is new every time (paths, request ids) never drives out what stays. No Huffman coding.
 */

/** A number of an entry of the dynamic table; it is there as long as the table's oldest is not above it. */
interface Indexed {
  readonly value: string;
  readonly number: number;
}

interface NameState {
  /** 0 = none. */
  readonly staticIndex: number;
  readonly staticValues: readonly Indexed[];
  readonly isSecret: boolean;
  lastValue: string | null;
  /** Oldest first. */
  readonly live: Indexed[];
}

/** Names that are followed; others are written in full each time. */
const MAX_NAMES = 512;
/** Guessing such a value by the size of what is sent must not get easier (RFC 7541 §7.1.3). */
const SECRETS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization']);
/** Longer cookies can't be guessed piece by piece; the limit is nghttp2's. */
const MIN_INDEXED_COOKIE = 20;
/** Prefix byte, two integers. */
const MAX_FIELD_OVERHEAD = 1 + 5 + 5;
/** Texts up to this length are copied faster character by character than by a call. */
const SHORT_TEXT = 40;

const STATIC_NAMES = new Map<string, { index: number; values: Indexed[] }>();
for (const [index, { name, value }] of STATIC_TABLE.entries()) {
  if (index === 0) continue;
  const known = STATIC_NAMES.get(name) ?? { index, values: [] };
  STATIC_NAMES.set(name, known);
  if (value !== '') known.values.push({ value, number: index });
}

const STATIC_COUNT = STATIC_TABLE.length - 1;
const NO_VALUES: readonly Indexed[] = [];

export class HpackEncoder {
  readonly #names = new Map<string, NameState>();
  readonly #table = new DynamicTable();
  /** Sizes to announce before the next block: the smallest since then, and the last; −1 = none. */
  #smallest = -1;

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableBytes(bytes: number): void {
    const size = Math.min(bytes, MAX_TABLE_BYTES);
    if (size === this.#table.maxBytes) return;
    this.#smallest = this.#smallest < 0 ? size : Math.min(this.#smallest, size);
    this.#table.resize(size);
  }

  /** Called before the first field of each block (RFC 7541 §4.2). */
  startBlock(output: Output): void {
    if (this.#smallest < 0) return;
    output.reserve(2 * MAX_FIELD_OVERHEAD);
    if (this.#smallest < this.#table.maxBytes) writeInteger(output, 0x20, 0x1f, this.#smallest);
    writeInteger(output, 0x20, 0x1f, this.#table.maxBytes);
    this.#smallest = -1;
  }

  /** `name` in lower case. */
  field(output: Output, name: string, value: string): void {
    output.reserve(name.length + value.length + MAX_FIELD_OVERHEAD);
    const state = this.#names.get(name) ?? this.#learn(name);
    const { staticValues } = state;
    for (let i = 0; i < staticValues.length; i++) {
      const known = staticValues[i] as Indexed;
      if (known.value !== value) continue;
      writeInteger(output, 0x80, 0x7f, known.number);
      return;
    }
    if (state.isSecret || (name === 'cookie' && value.length < MIN_INDEXED_COOKIE)) {
      writeLiteral(output, 0x10, 0x0f, state.staticIndex, name, value);
      return;
    }
    this.#writeIndexable(output, state, name, value);
  }

  #writeIndexable(output: Output, state: NameState, name: string, value: string): void {
    const { live } = state;
    const { oldest, inserted } = this.#table;
    while (live.length > 0 && (live[0] as Indexed).number < oldest) live.shift();
    for (let i = 0; i < live.length; i++) {
      const known = live[i] as Indexed;
      if (known.value !== value) continue;
      writeInteger(output, 0x80, 0x7f, STATIC_COUNT + inserted - known.number);
      return;
    }
    const newest = live[live.length - 1];
    const nameIndex =
      state.staticIndex > 0 || newest === undefined
        ? state.staticIndex
        : STATIC_COUNT + inserted - newest.number;
    const isSeen = state.lastValue === value;
    state.lastValue = value;
    // An entry of half the table would drive out more than it is worth.
    const fits = name.length + value.length + ENTRY_OVERHEAD_BYTES <= this.#table.maxBytes / 2;
    if (!isSeen || !fits) {
      writeLiteral(output, 0, 0x0f, nameIndex, name, value);
      return;
    }
    writeLiteral(output, 0x40, 0x3f, nameIndex, name, value);
    live.push({ value, number: inserted });
    this.#table.add(new TableEntry(name, value, true));
  }

  #learn(name: string): NameState {
    const known = STATIC_NAMES.get(name);
    const state: NameState = {
      staticIndex: known?.index ?? 0,
      staticValues: known?.values ?? NO_VALUES,
      isSecret: SECRETS.has(name),
      lastValue: null,
      live: [],
    };
    if (this.#names.size < MAX_NAMES) this.#names.set(name, state);
    return state;
  }
}

function writeLiteral(
  output: Output,
  prefix: number,
  mask: number,
  nameIndex: number,
  name: string,
  value: string,
): void {
  writeInteger(output, prefix, mask, nameIndex);
  if (nameIndex === 0) writeText(output, name);
  writeText(output, value);
}

/** RFC 7541 §5.1. */
function writeInteger(output: Output, prefix: number, mask: number, value: number): void {
  const { bytes } = output;
  if (value < mask) {
    bytes[output.length++] = prefix | value;
    return;
  }
  bytes[output.length++] = prefix | mask;
  let rest = value - mask;
  while (rest > 0x7f) {
    bytes[output.length++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[output.length++] = rest;
}

function writeText(output: Output, text: string): void {
  const { length } = text;
  writeInteger(output, 0, 0x7f, length);
  const { bytes } = output;
  const at = output.length;
  if (length > SHORT_TEXT) bytes.latin1Write(text, at, length);
  else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  output.length = at + length;
}
