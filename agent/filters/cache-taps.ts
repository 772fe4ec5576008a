import type { Clock } from '../../base/clock.ts';
import type { CacheSpec } from '../../model/route.ts';
import type { Headers, ResponseHead } from '../codec/head.ts';
import type { ResponseTap, WholeResponse } from '../exchange/response-tap.ts';
import { type CacheControl, readCacheControl } from '../policy/cache/cache-control.ts';
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
  };
}

/** A GET or HEAD that went to its host. */
export interface Recorded extends CacheLookup {
  readonly scope: string;
  readonly method: string;
  readonly isAuthorized: boolean;
  /** The request's headers as the caller sent them. */
  readonly received: Readonly<Headers>;
  /** The host was asked whether it has changed; null = it was asked for a new one. */
  readonly asked: StoredResponse | null;
  readonly why: ForwardReason;
}

/** Keeps the answer, or makes the stored one young again. */
export function createRecorder(recorded: Recorded): ResponseTap {
  return new Recorder(recorded);
}

class Recorder implements ResponseTap {
  readonly #recorded: Recorded;
  readonly #requestedAtMs: number;
  #head: ResponseHead | null = null;
  #times: ResponseTimes | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(recorded: Recorded) {
    this.#recorded = recorded;
    this.#requestedAtMs = recorded.clock.now();
  }

  onHead(head: ResponseHead, hasBody: boolean): WholeResponse | null {
    const { clock, asked, stores, why } = this.#recorded;
    const requestedAtMs = this.#requestedAtMs;
    const times = { requestedAtMs, receivedAtMs: clock.now(), wallMs: clock.wall() };
    if (head.status === 304 && asked !== null) {
      stores.counts.revalidated += 1;
      return this.#refresh(asked, head.headers, times);
    }
    stores.counts.miss += 1;
    if (this.#isWanted(head, hasBody)) {
      // Copied: what the route and the filters do to it is done to each answer anew.
      this.#head = { ...head, headers: [...head.headers] };
      this.#times = times;
    }
    head.headers.push('cache-status', `lateen; fwd=${why}`);
    return null;
  }

  #isWanted(head: ResponseHead, hasBody: boolean): boolean {
    const { method, spec, isAuthorized } = this.#recorded;
    if (method !== 'GET' || (hasBody && head.contentLength > spec.maxEntryBytes)) return false;
    return isStorable(head, readCacheControl(head.headers), isAuthorized);
  }

  #refresh(asked: StoredResponse, update: Readonly<Headers>, times: ResponseTimes): WholeResponse {
    const { store, received, why, clock } = this.#recorded;
    const stored = refreshStored(asked, update, times);
    if (stored.control.has('no-store') || stored.control.has('private')) store.delete(asked);
    else store.put(stored);
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
  }

  onEnd(hasTrailers: boolean): void {
    const { store, uri, scope, received } = this.#recorded;
    if (this.#head === null || this.#times === null || hasTrailers) return;
    const { status, headers } = this.#head;
    const vary = varyFields(headers, received);
    // Copied out of the codec's larger buffers.
    const body = Buffer.concat(this.#chunks);
    store.put(makeStored({ uri, scope, status, headers, vary, body }, this.#times));
    this.#giveUp();
  }
}
