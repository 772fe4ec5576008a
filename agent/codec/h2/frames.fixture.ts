import { HpackEncoder } from '../hpack/encoder.ts';
import { Output } from './output.ts';
import { FLAG, FRAME, FRAME_HEAD_BYTES, PREFACE } from './protocol.ts';

/** Frames by hand, right and wrong ones, for tests. */

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(FRAME_HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export const uint32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, i * 4);
  return bytes;
};

/** A header block of literals; the peer's table stays empty. */
export function block(fields: readonly string[]): Buffer {
  const output = new Output();
  for (let i = 0; i < fields.length; i += 2) {
    // A new encoder each time never saw the value before, so it indexes nothing.
    new HpackEncoder().field(output, fields[i] as string, fields[i + 1] as string);
  }
  return Buffer.from(output.take());
}

export const GET = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'reviews:9080'];
export const POST = [':method', 'POST', ...GET.slice(2)];

export const headers = (streamId: number, fields: readonly string[], flags = 0): Buffer =>
  frame(FRAME.headers, FLAG.endHeaders | flags, streamId, block(fields));

export const data = (streamId: number, text: string, flags = 0): Buffer =>
  frame(FRAME.data, flags, streamId, Buffer.from(text));

export const settings = (...pairs: number[]): Buffer => {
  const payload = Buffer.alloc(pairs.length * 3);
  for (let i = 0; i < pairs.length; i += 2) {
    payload.writeUInt16BE(pairs[i] as number, i * 3);
    payload.writeUInt32BE(pairs[i + 1] as number, i * 3 + 2);
  }
  return frame(FRAME.settings, 0, 0, payload);
};

/** What a client sends first. */
export const HELLO = Buffer.concat([PREFACE, settings()]);

/** Frames in bytes, in words: `RST_STREAM 3 code=8`. */
export function describeFrames(bytes: Buffer): string[] {
  const words: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const id = bytes.readUInt32BE(at + 5);
    words.push(
      describe(type, flags, id, bytes.subarray(at + FRAME_HEAD_BYTES, at + FRAME_HEAD_BYTES + length)),
    );
    at += FRAME_HEAD_BYTES + length;
  }
  return words;
}

function describe(type: number, flags: number, id: number, payload: Buffer): string {
  const end = flags & FLAG.endStream ? ' end' : '';
  switch (type) {
    case FRAME.data:
      return `DATA ${id} ${payload.length}${end}`;
    case FRAME.headers:
      return `HEADERS ${id}${end}${flags & FLAG.endHeaders ? '' : ' open'}`;
    case FRAME.continuation:
      return `CONTINUATION ${id}${flags & FLAG.endHeaders ? '' : ' open'}`;
    case FRAME.resetStream:
      return `RST_STREAM ${id} code=${payload.readUInt32BE(0)}`;
    case FRAME.settings:
      return flags & FLAG.ack ? 'SETTINGS ack' : 'SETTINGS';
    case FRAME.ping:
      return flags & FLAG.ack ? 'PING ack' : 'PING';
    case FRAME.goAway:
      return `GOAWAY last=${payload.readUInt32BE(0)} code=${payload.readUInt32BE(4)}`;
    case FRAME.windowUpdate:
      return `WINDOW_UPDATE ${id} ${payload.readUInt32BE(0)}`;
    default:
      return `frame ${type}`;
  }
}
