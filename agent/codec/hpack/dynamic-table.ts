import { ENTRY_OVERHEAD_BYTES, type TableEntry } from './static-table.ts';

/** What both sides of a connection start with, and the most that we ever keep (RFC 7541 §4.2). */
export const MAX_TABLE_BYTES = 4096;
/** No more entries fit: a power of two, so that the ring's index is a mask. */
const SLOTS = MAX_TABLE_BYTES / ENTRY_OVERHEAD_BYTES;

/** The dynamic table of HPACK (RFC 7541 §2.3.2): a ring, the newest entry first. Encoder and decoder have one each. */
export class DynamicTable {
  readonly #ring: (TableEntry | null)[] = new Array(SLOTS).fill(null);
  #bytes = 0;
  #maxBytes = MAX_TABLE_BYTES;
  /** Entries ever added: the newest has the number `inserted − 1`. */
  inserted = 0;
  count = 0;

  get maxBytes(): number {
    return this.#maxBytes;
  }

  /** 0 = the newest. */
  get(index: number): TableEntry | null {
    return index < this.count ? (this.#ring[(this.inserted - 1 - index) & (SLOTS - 1)] as TableEntry) : null;
  }

  /** Number of the oldest entry that is still there. */
  get oldest(): number {
    return this.inserted - this.count;
  }

  /** An entry larger than the table empties it, and is no error (RFC 7541 §4.4). */
  add(entry: TableEntry): void {
    this.#evictTo(Math.max(0, this.#maxBytes - entry.size));
    if (entry.size > this.#maxBytes) return;
    this.#ring[this.inserted & (SLOTS - 1)] = entry;
    this.inserted += 1;
    this.count += 1;
    this.#bytes += entry.size;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evictTo(maxBytes);
  }

  #evictTo(bytes: number): void {
    while (this.#bytes > bytes) {
      const at = this.oldest & (SLOTS - 1);
      this.#bytes -= (this.#ring[at] as TableEntry).size;
      this.#ring[at] = null;
      this.count -= 1;
    }
  }
}
