import type { Logger } from '../base/log.ts';
import { formatViolation } from '../istio/format-violation.ts';
import type { Violation } from '../istio/violation.ts';

/** Logs each violation once when it appears and once when it is gone, however often the World is rebuilt. */
export class ViolationLog {
  readonly #log: Logger;
  #current: ReadonlyMap<string, Violation> = new Map();

  constructor(log: Logger) {
    this.#log = log;
  }

  get violations(): readonly Violation[] {
    return [...this.#current.values()];
  }

  update(violations: readonly Violation[]): void {
    const next = new Map(violations.map((violation) => [formatViolation(violation), violation]));
    for (const [line, violation] of next) {
      if (this.#current.has(line)) continue;
      if (violation.severity === 'Error') this.#log.error(line);
      else if (violation.severity === 'Warning') this.#log.warn(line);
      else this.#log.info(line);
    }
    for (const line of this.#current.keys()) if (!next.has(line)) this.#log.info(`healed: ${line}`);
    this.#current = next;
  }
}
