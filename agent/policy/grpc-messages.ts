/** One flag byte and four bytes of length before each message (gRPC's PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). */
const PREFIX_BYTES = 5;

/** Counts the messages of one direction of a call, however they are cut into chunks. Keeps none of them. */
export class GrpcMessageCounter {
  /** Messages whose beginning has come. */
  count = 0;
  #prefixLeft = PREFIX_BYTES;
  #length = 0;
  #messageLeft = 0;

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#messageLeft > 0) {
        const taken = Math.min(this.#messageLeft, chunk.length - at);
        this.#messageLeft -= taken;
        at += taken;
      } else this.#readPrefix(chunk[at++] as number);
    }
  }

  #readPrefix(byte: number): void {
    // The first byte is the flag.
    this.#length = this.#prefixLeft === PREFIX_BYTES ? 0 : this.#length * 256 + byte;
    this.#prefixLeft -= 1;
    if (this.#prefixLeft > 0) return;
    this.#prefixLeft = PREFIX_BYTES;
    this.#messageLeft = this.#length;
    this.count += 1;
  }
}

/** Both directions. */
export class GrpcMessages {
  readonly requests = new GrpcMessageCounter();
  readonly responses = new GrpcMessageCounter();
}
