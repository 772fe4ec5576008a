import type { Headers } from '../../codec/head.ts';
import type { CacheControl } from './cache-control.ts';

/** A whole answer to a GET as it came from its host, with what follows from its head. Replaced, never changed. */
export interface StoredResponse {
  /** `scheme://authority/path?query`, as asked. */
  readonly uri: string;
  /** The rule and the cluster that gave it: others answer the same URI in their own way. */
  readonly scope: string;
  readonly status: number;
  readonly headers: Readonly<Headers>;
  readonly body: Buffer;
  readonly control: CacheControl;
  /** What `Vary` names, and what the request had there (RFC 9111 §4.1). */
  readonly vary: readonly VaryField[];
  readonly freshnessMs: number;
  /** Age when it was received (RFC 9111 §4.2.3, corrected_initial_age). */
  readonly initialAgeMs: number;
  /** Monotonic. */
  readonly receivedAtMs: number;
  /** What it takes of the store's memory. */
  readonly bytes: number;
}

/** All but the body, which may have to be read from a disk. */
export type StoredHead = Omit<StoredResponse, 'body'>;

export interface VaryField {
  readonly name: string;
  /** Lines joined; null = absent. */
  readonly value: string | null;
}

/** When a request was sent and answered. */
export interface ResponseTimes {
  /** Monotonic. */
  readonly requestedAtMs: number;
  readonly receivedAtMs: number;
  /** At the same moment as `receivedAtMs`. */
  readonly wallMs: number;
}
