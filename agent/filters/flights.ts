/** How many URIs whose answers could not be shared are remembered. */
const MAX_UNSHARED = 1000;

/**
 * Requests under way to hosts, whose answers others wait for. One leads, the others join. Where the last answer could
 * not be given to anybody else nobody waits for the next one: waiting would only make callers queue (hit-for-miss).
 */
export class Flights {
  readonly #waiting = new Map<string, (() => void)[]>();
  readonly #unshared = new Set<string>();

  isUnshared(key: string): boolean {
    return this.#unshared.has(key);
  }

  isUnderWay(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** true = the caller leads, and has to `end` it; false = somebody does already. */
  lead(key: string): boolean {
    if (this.#waiting.has(key)) return false;
    this.#waiting.set(key, []);
    return true;
  }

  /** `onEnd` is called once the leader's answer is there, or does not come. */
  join(key: string, onEnd: () => void): void {
    this.#waiting.get(key)?.push(onEnd);
  }

  /** What became of an answer: kept and fresh, so that others may have it, or not. */
  tell(key: string, isShared: boolean): void {
    if (isShared) this.#unshared.delete(key);
    else {
      if (this.#unshared.size >= MAX_UNSHARED) this.#unshared.clear();
      this.#unshared.add(key);
    }
  }

  end(key: string): void {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const onEnd of waiting) onEnd();
  }
}
