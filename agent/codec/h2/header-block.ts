import type { Headers } from '../head.ts';
import type { HpackDecoder } from '../hpack/decoder.ts';
import { ProtocolError } from '../protocol-error.ts';
import { readUint31 } from './frame-reader.ts';
import { FLAG } from './protocol.ts';

/**
 * nghttp2 takes 8; a head of the largest size needs 4. Empty ones would cost the peer nothing (CVE-2024-27316). So a block
 * has 144 KiB at most: one that is read to its end can be refused without ending the connection.
 */
const MAX_CONTINUATIONS = 8;
const PRIORITY_BYTES = 5;
const NOTHING = Buffer.alloc(0);

/** One header block out of HEADERS and CONTINUATION frames (RFC 9113 §4.3). A single frame is used in place. */
export class HeaderBlock {
  /** 0 = none is under way. */
  streamId = 0;
  isEnd = false;
  /** The deprecated priority says that the stream depends on itself: an error of the stream. */
  isSelfDependent = false;
  #bytes: Buffer = NOTHING;
  #start = 0;
  #end = 0;
  #continuations = 0;

  /** Payload of HEADERS (§6.2). */
  start(streamId: number, flags: number, bytes: Buffer, start: number, end: number): void {
    if (streamId === 0) throw new ProtocolError('h2_protocol', 'HEADERS on stream 0');
    this.streamId = streamId;
    this.isEnd = (flags & FLAG.endStream) !== 0;
    this.isSelfDependent = false;
    this.#continuations = 0;
    let at = start;
    let padding = 0;
    if (flags & FLAG.padded) {
      if (at >= end) throw new ProtocolError('h2_frame_size', 'HEADERS is too short');
      padding = bytes[at++] as number;
    }
    if (flags & FLAG.priority) {
      if (end - at < PRIORITY_BYTES) throw new ProtocolError('h2_frame_size', 'HEADERS is too short');
      this.isSelfDependent = readUint31(bytes, at) === streamId;
      at += PRIORITY_BYTES;
    }
    if (at > end - padding) throw new ProtocolError('h2_protocol', 'padding is too long');
    this.#set(bytes, at, end - padding);
    // More is to come, and this payload is valid during the call only.
    if ((flags & FLAG.endHeaders) === 0) this.#set(Buffer.from(bytes.subarray(at, end - padding)));
  }

  /** Payload of CONTINUATION (§6.10). */
  add(bytes: Buffer, start: number, end: number): void {
    this.#continuations += 1;
    if (this.#continuations > MAX_CONTINUATIONS) {
      throw new ProtocolError('h2_flood', 'header block is too large', 431);
    }
    this.#set(Buffer.concat([this.#bytes.subarray(this.#start, this.#end), bytes.subarray(start, end)]));
  }

  /** The block is whole. */
  decode(decoder: HpackDecoder): Headers {
    this.streamId = 0;
    const bytes = this.#bytes;
    this.#bytes = NOTHING;
    return decoder.decode(bytes, this.#start, this.#end);
  }

  #set(bytes: Buffer, start = 0, end = bytes.length): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }
}
