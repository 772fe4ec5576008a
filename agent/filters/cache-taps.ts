import type { Clock } from '../../base/clock.ts';
import type { CacheSpec } from '../../model/route.ts';
import type { Headers, ResponseHead } from '../codec/head.ts';
import type { LocalReply } from '../exchange/failure.ts';
import type { ResponseTap, WholeResponse } from '../exchange/response-tap.ts';
import { type CacheControl, readCacheControl } from '../policy/cache/cache-control.ts';
import { mayBeUsedStale, mayUseUnasked } from '../policy/cache/freshness.ts';
import { makeStored, refreshStored } from '../policy/cache/make-stored.ts';
import type { ResponseStore } from '../policy/cache/response-store.ts';
import { invalidates, isStorable } from '../policy/cache/storable.ts';
import type { ResponseTimes, StoredResponse } from '../policy/cache/stored-response.ts';
import { varyFields } from '../policy/cache/vary.ts';
import { cachedResponse } from './cache-reply.ts';
import type { CacheStores } from './cache-stores.ts';

export interface CacheFilterDeps {
  readonly clock: Clock;
  readonly stores: CacheStores;
}

/** One request's look into a store. */
export interface CacheLookup extends CacheFilterDeps {
  readonly spec: CacheSpec;
  readonly store: ResponseStore;
  readonly uri: string;
  readonly control: CacheControl;
}

/** RFC 9211 §2.2. */
export type ForwardReason = 'uri-miss' | 'vary-miss' | 'stale' | 'request';

/** A request that may have changed what is behind its URI (RFC 9111 §4.4). */
export function createInvalidation(store: ResponseStore, uri: string): ResponseTap {
  return {
    onHead({ status }) {
      if (invalidates(status)) store.invalidate(uri);
      return null;
    },
    onData() {},
    onEnd() {},
    onLocalReply: () => null,
    onOver() {},
  };
}

/** A GET or HEAD that the store alone cannot answer. */
export interface CacheRequest extends CacheLookup {
  readonly scope: string;
  readonly method: string;
  readonly isAuthorized: boolean;
  /** The request's headers as the caller sent them. */
  readonly received: Readonly<Headers>;
  /** The host was asked whether it has changed; null = it was asked for a new one. */
  readonly asked: StoredResponse | null;
  /** What this caller may get if the host fails; null = nothing. */
  readonly stale: StoredResponse | null;
  readonly why: ForwardReason;
}

/** One that goes to its host. */
export interface Recorded extends CacheRequest {
  /** Where its result is counted. */
  readonly counts: CacheStores['counts'];
  /** Others wait for this answer, under that key; '' = nobody does. */
  readonly flight: string;
}

/** Keeps the answer, or makes the stored one young again. */
export function createRecorder(recorded: Recorded): ResponseTap {
  return new Recorder(recorded);
}

/** Failures that a stale answer may stand in for (RFC 5861 §4). */
const FAILURES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

class Recorder implements ResponseTap {
  readonly #recorded: Recorded;
  readonly #requestedAtMs: number;
  #head: ResponseHead | null = null;
  #times: ResponseTimes | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #flight: string;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#flight = recorded.flight;
    this.#requestedAtMs = recorded.clock.now();
  }

  onHead(head: ResponseHead, hasBody: boolean): WholeResponse | null {
    const { clock, asked, counts, why } = this.#recorded;
    const requestedAtMs = this.#requestedAtMs;
    const times = { requestedAtMs, receivedAtMs: clock.now(), wallMs: clock.wall() };
    if (head.status === 304 && asked !== null) {
      counts.revalidated += 1;
      return this.#refresh(asked, head.headers, times);
    }
    const stale = FAILURES.has(head.status) ? this.#standIn(`fwd-status=${head.status}`) : null;
    if (stale !== null) return stale;
    counts.miss += 1;
    if (this.#isWanted(head, hasBody)) {
      // Copied: what the route and the filters do to it is done to each answer anew.
      this.#head = { ...head, headers: [...head.headers] };
      this.#times = times;
    } else this.#land(null);
    head.headers.push('cache-status', `lateen; fwd=${why}`);
    return null;
  }

  onLocalReply({ status, flag }: LocalReply): WholeResponse | null {
    return FAILURES.has(status) ? this.#standIn(`detail=${flag}`) : null;
  }

  #standIn(how: string): WholeResponse | null {
    const { stale, control, clock, received, counts, why } = this.#recorded;
    if (stale === null || !mayBeUsedStale(stale, control, clock.now(), 'stale-if-error')) return null;
    counts.stale += 1;
    this.onOver();
    return cachedResponse(stale, received, clock.now(), `fwd=${why}; ${how}`);
  }

  #isWanted(head: ResponseHead, hasBody: boolean): boolean {
    const { method, spec, isAuthorized } = this.#recorded;
    if (method !== 'GET' || (hasBody && head.contentLength > spec.maxEntryBytes)) return false;
    return isStorable(head, readCacheControl(head.headers), isAuthorized);
  }

  #refresh(asked: StoredResponse, update: Readonly<Headers>, times: ResponseTimes): WholeResponse {
    const { store, received, why, clock } = this.#recorded;
    const stored = refreshStored(asked, update, times);
    const isKept = !stored.control.has('no-store') && !stored.control.has('private');
    if (isKept) store.put(stored);
    else store.delete(asked);
    this.#land(isKept ? stored : null);
    return cachedResponse(stored, received, clock.now(), `fwd=${why}; fwd-status=304`);
  }

  onData(chunk: Buffer): void {
    if (this.#head === null) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#recorded.spec.maxEntryBytes) this.#giveUp();
    else this.#chunks.push(chunk);
  }

  #giveUp(): void {
    this.#head = null;
    this.#chunks = [];
    this.#land(null);
  }

  onEnd(hasTrailers: boolean): void {
    const { store, uri, scope, received } = this.#recorded;
    if (this.#head === null || this.#times === null) return;
    if (hasTrailers) {
      this.#giveUp();
      return;
    }
    const { status, headers } = this.#head;
    const vary = varyFields(headers, received);
    // Copied out of the codec's larger buffers.
    const body = Buffer.concat(this.#chunks);
    const stored = makeStored({ uri, scope, status, headers, vary, body }, this.#times);
    store.put(stored);
    this.#head = null;
    this.#chunks = [];
    this.#land(stored);
  }

  /** Those who wait go on: with the answer, if it is one for all of them. */
  #land(stored: StoredResponse | null): void {
    if (this.#flight === '') return;
    const { stores, clock } = this.#recorded;
    const isShared = stored !== null && mayUseUnasked(stored, NO_DIRECTIVES, clock.now());
    stores.flights.tell(this.#flight, isShared);
    this.onOver();
  }

  onOver(): void {
    const key = this.#flight;
    this.#flight = '';
    if (key !== '') this.#recorded.stores.flights.end(key);
  }
}

export const NO_DIRECTIVES: CacheControl = new Map();
