const MAX_REMEMBERED = 1024;

/** Streams that we reset lately: what is still under way to them is no mistake of the peer (RFC 9113 §5.1). */
export class RecentResets {
  readonly #ids = new Set<number>();

  add(streamId: number): void {
    this.#ids.add(streamId);
    if (this.#ids.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#ids) {
      this.#ids.delete(oldest);
      return;
    }
  }

  has(streamId: number): boolean {
    return this.#ids.has(streamId);
  }
}
