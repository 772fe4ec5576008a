import type { StoredHead, StoredResponse } from './stored-response.ts';

/** Whole answers by URI, those used last kept longest. Never larger than its limit; knows no HTTP but `Vary`. */
export interface ResponseStore {
  readonly bytes: number;
  readonly size: number;
  resize(maxBytes: number): void;
  /** The oldest first. */
  candidates(uri: string): readonly StoredHead[];
  /** undefined = it cannot be had any more. */
  load(stored: StoredHead): StoredResponse | undefined;
  touch(stored: StoredHead): void;
  /** In place of the answer to the same requests, if there is one. */
  put(stored: StoredResponse): void;
  delete(stored: StoredHead): void;
  /** Every answer to that URI, of whatever rule (RFC 9111 §4.4). */
  invalidate(uri: string): void;
  close(): void;
}

/** Answers to one URI that `Vary` tells apart: a caller who makes values up must not make the search for one long. */
export const MAX_VARIANTS = 64;
