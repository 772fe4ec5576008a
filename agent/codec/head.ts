/**
 * Message heads as every codec gives and takes them, so that any protocol can meet any other.
 * Mutable on purpose: filters edit the head of the exchange in place.
 */

/**
 * Names and values in turn: `[name, value, name, value …]`, in the order received. Names keep the peer's case and are
 * compared without it. Never holds `host`, pseudo headers, `transfer-encoding`, `content-length` or hop-by-hop
 * headers (RFC 9110 §7.6.1): those live in the head's own fields and are written by the codec.
 */
export type Headers = string[];

/** Number of body bytes, or one of these. */
export const BODY_UNKNOWN_LENGTH = -1;
/** HTTP/1 response that ends with its connection (RFC 9112 §6.3, case 8). */
export const BODY_UNTIL_CLOSE = -2;
/** No body, and no framing header was sent either (204, 304, an answer to HEAD): none is written. */
export const BODY_NOT_TOLD = -3;

export type HttpVersion = 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';

export interface RequestHead {
  /** As received. */
  method: string;
  /** Origin form, `/path?query`, or `*`; an absolute-form target is split into authority and this (RFC 9112 §3.2). */
  path: string;
  /** Host header or `:authority`, as sent. */
  authority: string;
  readonly version: HttpVersion;
  headers: Headers;
  /** 0 = no body. */
  contentLength: number;
  /** Value of `upgrade` (with `connection: upgrade`), '' = none. */
  upgrade: string;
  /** The peer waits for `100 Continue` before it sends the body. */
  expectContinue: boolean;
}

export interface ResponseHead {
  status: number;
  /** HTTP/1 reason phrase as received; '' = the standard one. */
  reason: string;
  readonly version: HttpVersion;
  headers: Headers;
  contentLength: number;
  /** 101 only: the protocol switched to. */
  upgrade: string;
}
