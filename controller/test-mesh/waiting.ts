/** Something that is asked again whenever anything has changed. */
interface Waiter {
  look(): void;
}

/** Waits for what is true of the mesh, without asking it over and over. */
export class Waiting {
  readonly #waiters = new Set<Waiter>();

  /** Something has changed. */
  look(): void {
    for (const waiter of [...this.#waiters]) waiter.look();
  }

  /**
   * What `find` gives as soon as it gives anything; null = it did not in all that time. It may give up on something
   * after a while: it is asked once more at each of `againMs`.
   */
  async until<T>(
    find: (waitedMs: number) => T | null,
    patienceMs: number,
    againMs: readonly number[] = [],
  ): Promise<T | null> {
    const startedMs = performance.now();
    const now = find(0);
    if (now !== null) return now;
    return new Promise((resolve) => {
      const timers: NodeJS.Timeout[] = [];
      const end = (found: T | null) => {
        this.#waiters.delete(waiter);
        for (const timer of timers) clearTimeout(timer);
        resolve(found);
      };
      const waiter: Waiter = {
        look() {
          const found = find(performance.now() - startedMs);
          if (found !== null) end(found);
        },
      };
      this.#waiters.add(waiter);
      for (const ms of againMs) timers.push(setTimeout(() => waiter.look(), ms + 1));
      timers.push(setTimeout(() => end(null), patienceMs));
    });
  }
}
