import type { RequestHead } from '../codec/head.ts';
import type { UpstreamEvents, UpstreamFailure } from '../exchange/streams.ts';
import type { ClusterUsage } from '../upstream/usage.ts';

/** A limit of the cluster is reached. */
export const OVERFLOW: UpstreamFailure = { kind: 'overflow' };

export interface Waiting {
  readonly head: RequestHead;
  readonly hasBody: boolean;
  readonly events: UpstreamEvents;
}

/** Requests to one host for which no connection is free yet; counted in the cluster's usage. */
export class WaitingRequests {
  readonly #list: Waiting[] = [];
  readonly #usage: ClusterUsage;
  readonly #most: number;

  /** @param most of the whole cluster (`maxPendingRequests`) */
  constructor(usage: ClusterUsage, most: number) {
    this.#usage = usage;
    this.#most = most;
  }

  get length(): number {
    return this.#list.length;
  }

  /** False = too many wait already. Holds for those too for whom a connection is just being opened, as in Envoy. */
  add(waiting: Waiting): boolean {
    if (this.#usage.pending >= this.#most) {
      waiting.events.onUpstreamFailure(OVERFLOW);
      return false;
    }
    this.#usage.pending += 1;
    this.#list.push(waiting);
    return true;
  }

  /** The one that has waited longest. */
  take(): Waiting | undefined {
    if (this.#list.length === 0) return undefined;
    this.#usage.pending -= 1;
    return this.#list.shift();
  }

  /** Its caller waits no more. */
  forget(events: UpstreamEvents): void {
    const index = this.#list.findIndex((waiting) => waiting.events === events);
    if (index < 0) return;
    this.#list.splice(index, 1);
    this.#usage.pending -= 1;
  }
}
