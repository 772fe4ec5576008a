import type { ActiveSpan } from '../exchange/tracing.ts';

interface Traced {
  readonly requestId: string;
  readonly span: ActiveSpan;
}

/**
 * The requests that the application is at work on. Where it does not pass trace headers on, a call of its own can still
 * be told to belong to one: by its `x-request-id`, or because there is no other.
 */
export class InFlight {
  #count = 0;
  /** A list, since a caller that asks twice may do so with one request id; rarely of more than a few. */
  readonly #traced: Traced[] = [];

  enter(requestId: string, span: ActiveSpan | null): void {
    this.#count += 1;
    if (span !== null) this.#traced.push({ requestId, span });
  }

  leave(span: ActiveSpan | null): void {
    this.#count -= 1;
    const at = span === null ? -1 : this.#traced.findIndex((each) => each.span === span);
    if (at >= 0) this.#traced.splice(at, 1);
  }

  /** undefined = it cannot be told; null = of a request that is not traced. */
  parentOf(requestId: string): ActiveSpan | null | undefined {
    if (this.#count === 0) return undefined;
    if (this.#count === 1) return this.#traced[0]?.span ?? null;
    const named = this.#traced.filter((each) => each.requestId === requestId);
    return named.length === 1 ? named[0]?.span : undefined;
  }
}
