import type { ActiveSpan } from '../exchange/tracing.ts';

/**
 * The requests that the application is at work on. Where it does not pass trace headers on, a call of its own can still
 * be told to belong to one: by its `x-request-id`, or because there is no other.
 */
export class InFlight {
  #count = 0;
  /** Of those that are traced, by request id. */
  readonly #traced = new Map<string, ActiveSpan>();

  enter(requestId: string, span: ActiveSpan | null): void {
    this.#count += 1;
    if (span !== null) this.#traced.set(requestId, span);
  }

  leave(requestId: string, span: ActiveSpan | null): void {
    this.#count -= 1;
    if (span !== null) this.#traced.delete(requestId);
  }

  /** undefined = it cannot be told; null = of a request that is not traced. */
  parentOf(requestId: string): ActiveSpan | null | undefined {
    // Nothing at work, nothing to look for: a look into a map costs the hash of a text that is new each time.
    if (this.#count === 0) return undefined;
    const known = this.#traced.get(requestId);
    if (known !== undefined) return known;
    if (this.#count !== 1) return undefined;
    const [only = null] = this.#traced.values();
    return only;
  }
}
