/** Buffers up to this size are used again; larger ones serve one burst. What one read causes is half of it at most. */
const MAX_KEPT_BYTES = 256 * 1024;
const FIRST_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

/** The bytes of one connection that wait to be written: one growing buffer, so that a turn ends in one write. */
export class Output {
  bytes: Buffer = NOTHING;
  length = 0;
  /** Counts the writes: a place in `bytes` is worth something only as long as this stays. */
  generation = 0;
  #onFirst: () => void = () => {};
  #isTold = false;
  #spare: Buffer = NOTHING;
  /** Of the last write: the next one is likely to be of that size. */
  #lastLength = 0;

  /** `onFirst` is told of the first byte since the last {@link take}; of what is there already at once. */
  listen(onFirst: () => void): void {
    this.#onFirst = onFirst;
    if (this.#isTold) onFirst();
  }

  /** Makes room for `count` more bytes; gives the place where they go. The caller moves `length` on. */
  reserve(count: number): number {
    if (!this.#isTold) {
      this.#isTold = true;
      this.#onFirst();
    }
    const wanted = this.length + count;
    if (wanted > this.bytes.length) this.#grow(wanted);
    return this.length;
  }

  /** What there is. */
  take(): Buffer {
    const taken = this.length === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.length);
    this.#lastLength = this.length;
    this.#spare = this.bytes.length <= MAX_KEPT_BYTES ? this.bytes : NOTHING;
    this.bytes = NOTHING;
    this.length = 0;
    this.generation += 1;
    this.#isTold = false;
    return taken;
  }

  /** The kernel has copied all that was taken: the memory of the last serves the next turn, and what came meanwhile. */
  giveBack(): void {
    const spare = this.#spare;
    this.#spare = NOTHING;
    if (spare.length <= this.bytes.length) return;
    this.bytes.copy(spare, 0, 0, this.length);
    this.bytes = spare;
  }

  #grow(wanted: number): void {
    const likely = this.bytes.length === 0 ? Math.min(this.#lastLength, MAX_KEPT_BYTES) : 0;
    let size = Math.max(FIRST_BYTES, this.bytes.length * 2);
    while (size < wanted || size < likely) size *= 2;
    const grown = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
