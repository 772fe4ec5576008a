/** Something that gathers bytes while a read is handled, and writes them in one piece at its end. */
export interface Flushable {
  flush(): void;
}

/**
 * Batches writes: everything that one read from a socket causes leaves in one write per socket. 60 % of a proxy's busy
 * time is the socket write itself, so a head, its small body and its end must not be three of them.
 */
export class FlushQueue {
  readonly #dirty: Flushable[] = [];
  #shared: Flushable[] = [];
  #depth = 0;
  #turns = 0;
  #isScheduled = false;

  /** Which read is being handled; 0 = none. */
  get turn(): number {
    return this.#depth === 0 ? 0 : this.#turns;
  }

  /** Runs `task` as the handling of one read; writes leave when the outermost one ends. */
  run(task: () => void): void {
    this.enter();
    try {
      task();
    } finally {
      this.leave();
    }
  }

  /** As {@link run} without a closure, for the hot path: `enter(); try { … } finally { leave(); }`. */
  enter(): void {
    if (this.#depth === 0) this.#turns += 1;
    this.#depth += 1;
  }

  leave(): void {
    this.#depth -= 1;
    if (this.#depth === 0) this.#flushAll();
  }

  /** Called by a writer with its first byte since its last flush. */
  add(writer: Flushable): void {
    this.#dirty.push(writer);
    if (this.#depth > 0 || this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(() => {
      this.#isScheduled = false;
      this.#flushAll();
    });
  }

  /**
   * As {@link add}, for a connection on which many callers' requests meet: what all sockets cause that are ready by now
   * leaves in one write, once all of them were read.
   */
  addShared(writer: Flushable): void {
    this.#shared.push(writer);
    if (this.#shared.length === 1) setImmediate(this.#flushShared);
  }

  readonly #flushShared = (): void => {
    const writers = this.#shared;
    this.#shared = [];
    this.enter();
    try {
      for (const writer of writers) writer.flush();
    } finally {
      this.leave();
    }
  };

  #flushAll(): void {
    // A flush may fail and so cause further writes: the list may grow meanwhile.
    for (let next = this.#dirty.pop(); next !== undefined; next = this.#dirty.pop()) next.flush();
  }
}
