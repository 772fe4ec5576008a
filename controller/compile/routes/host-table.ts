import { isSubsetOf, isWildcard } from '../../../istio/host.ts';

/**
 * Values by host, found by the most specific host that covers a name: itself, else the longest wildcard; among equals
 * the one that was added first (Istio's MostSpecificHostMatch).
 */
export class HostTable<Value> {
  readonly #exact = new Map<string, Value>();
  readonly #wildcards: { readonly host: string; readonly value: Value }[] = [];
  #isSorted = true;

  /** The value of exactly this host, if it was added. */
  at(host: string): Value | undefined {
    return isWildcard(host)
      ? this.#wildcards.find((each) => each.host === host)?.value
      : this.#exact.get(host);
  }

  /** The first value of a host stays. */
  add(host: string, value: Value): void {
    if (!isWildcard(host)) {
      if (!this.#exact.has(host)) this.#exact.set(host, value);
    } else if (this.at(host) === undefined) {
      this.#wildcards.push({ host, value });
      this.#isSorted = false;
    }
  }

  find(name: string): Value | undefined {
    const exact = this.at(name);
    if (exact !== undefined) return exact;
    if (!this.#isSorted) this.#wildcards.sort((a, b) => b.host.length - a.host.length);
    this.#isSorted = true;
    return this.#wildcards.find(({ host }) => isSubsetOf(name, host))?.value;
  }
}
