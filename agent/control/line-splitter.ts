/** A push of a large mesh is a few megabytes; more than this is no push. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;

/** Cuts a stream of UTF-8 into lines, whole ones only. */
export class LineSplitter {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** @throws Error for a line without end */
  push(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      this.#parts.push(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#parts).toString('utf8'));
      this.#parts = [];
      this.#bytes = 0;
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#parts.push(chunk.subarray(start));
      this.#bytes += chunk.length - start;
    }
    if (this.#bytes > MAX_LINE_BYTES) throw new Error('a message of the controller has no end');
    return lines;
  }
}
